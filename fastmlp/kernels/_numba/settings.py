"""A check of Numba's settings, before anything is compiled: those that end kernels are refused with one sentence."""

import os


def check_settings() -> None:
    """Raise ImportError if Numba is set so that no kernel can run."""
    try:
        from numba.core import config
    except ValueError as error:
        raise ImportError(f"Numba refuses its settings ({error}): change the NUMBA_* variable.") from None
    if config.DISABLE_JIT:  # type: ignore[attr-defined]
        raise ImportError("The kernels of fastmlp run compiled only: unset NUMBA_DISABLE_JIT.")
    features = os.environ.get("NUMBA_CPU_FEATURES", "")
    if wrong := [each for each in features.split(",") if each and each[0] not in "+-"]:  # LLVM would abort the process
        raise ImportError(f"NUMBA_CPU_FEATURES has {wrong[0]!r}: write +{wrong[0]} or -{wrong[0]}, or unset it.")
