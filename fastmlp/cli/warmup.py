"""The command `fastmlp warmup`."""

from pathlib import Path
from typing import Any

import click

from fastmlp.cli.options import JSON, print_result
from fastmlp.errors import InputError


@click.command()
@JSON
def warmup(as_json: bool) -> None:
    """Compile the kernels now, so that trainings and predictions need not wait for it.

    It takes 2 to 3 minutes, once for each version of fastmlp, Numba and Python and each kind of CPU. Then `train`,
    `sweep`, `evaluate` and `predict` load the kernels from the cache, as in a container image that is built with `RUN
    fastmlp warmup` on the same kind of CPU. What is rare is compiled when it is first used: float64, targets that are
    not labels, weights of samples or classes, batches of more than 256 samples with many zeros and a wide layer.
    """
    import time

    from tqdm import tqdm

    from fastmlp import kernels
    from fastmlp.system.terminal import HOW_TO_KEEP_KERNELS, duration, notice, on_terminal
    from fastmlp.training.warm_up import all_forms, compile_form

    folder, reason = kernels.cache_folder(), kernels.why_not_kept()
    if folder is None or reason is not None:
        raise InputError(f"Compiled kernels can't be kept, since {reason}: {HOW_TO_KEEP_KERNELS}.")
    started, forms = time.perf_counter(), list(all_forms())
    for number, form in enumerate(tqdm(forms, unit=" forms", leave=False, disable=not on_terminal()), start=1):
        if not on_terminal():
            notice(f"{number} of {len(forms)}: {form}")
        compile_form(form)
    seconds, size = time.perf_counter() - started, _size(folder)
    result: dict[str, Any] = {"folder": str(folder), "bytes": size, "forms": len(forms), "seconds": seconds}
    text = f"The kernels are in {folder}: {size / 1e6:.1f} MB, {len(forms)} forms of training, {duration(seconds)}."
    print_result(result, text, as_json)


def _size(folder: Path) -> int:
    """Return the bytes of all files in a folder; another process may remove some meanwhile."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue
    return total
