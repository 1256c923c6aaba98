"""What commands print: notices and progress to standard error, tables and bars as text. Called by the commands only."""

import sys
from collections.abc import Sequence
from typing import Any

from fastmlp.callbacks import Callback
from fastmlp.history import Epoch


def notice(text: str) -> None:
    """Print one line for the reader, not for programs: to standard error."""
    print(text, file=sys.stderr, flush=True)


def announce_compiling() -> None:
    """Say it, once, when kernels are compiled: that takes seconds."""
    from fastmlp.kernels import compile_listeners

    def say() -> None:
        compile_listeners.remove(say)
        notice("Compiling the kernels: some 20 s, once; later runs load them from the cache.")

    compile_listeners.append(say)


def table(rows: Sequence[tuple[str, str]]) -> str:
    """Return rows of a name and a text, of one line or more, as aligned lines."""
    width = max(len(name) for name, _ in rows)
    lines = (
        (name if number == 0 else "", line) for name, text in rows for number, line in enumerate(text.splitlines())
    )
    return "\n".join(f"{name:<{width}}  {line}" for name, line in lines)


def bar(value: float, width: int = 30) -> str:
    """Return a bar of blocks, `width` characters long for a `value` of 1, to an eighth of a character.

    Of # signs where the terminal's encoding has no blocks.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    if "█▏".encode(encoding, "ignore").decode(encoding) != "█▏":
        return "#" * round(min(max(value, 0.0), 1.0) * width)
    eighths = round(min(max(value, 0.0), 1.0) * width * 8)
    return "█" * (eighths // 8) + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[eighths % 8]


def duration(seconds: float) -> str:
    """Return a time as people say it: 0.43 s, 12.3 s, 4 min 10 s."""
    if seconds < 100:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"


class Progress(Callback):
    """A line for each epoch, and on a terminal a bar within epochs that take longer than a second.

    Parameters
    ----------
    epochs : int
        Planned.
    title : str
        Said once all settings are seen to be good.
    """

    def __init__(self, epochs: int, title: str = "") -> None:
        self.epochs, self.title, self.started = epochs, title, False
        self.bar: Any = None

    def on_start(self, trainer: Any) -> None:
        """Say the title, and after which epoch a resumed training goes on."""
        self.started = True
        if self.title:
            notice(self.title)
        if trainer.history:
            notice(f"Going on after epoch {len(trainer.history)} of {self.epochs}.")

    def on_slice(self, epoch: int, done: int, total: int) -> None:
        """Move the bar."""
        from tqdm import tqdm

        if self.bar is None:
            self.bar = tqdm(
                total=total, desc=f"epoch {epoch}", unit=" samples", unit_scale=True, leave=False, delay=1, disable=None
            )
        self.bar.update(done - self.bar.n)

    def on_epoch(self, record: Epoch) -> None:
        """Print the epoch's line."""
        self.close()
        left, validated = record.seconds * (self.epochs - record.epoch), record.validation_accuracy
        notice(
            f"epoch {record.epoch:{len(str(self.epochs))}}/{self.epochs}  loss {record.loss:.4f}  "
            + (f"accuracy {record.accuracy:7.2%}  " if record.accuracy is not None else "")
            + (f"validation {validated:7.2%}  " if validated is not None else "")
            + f"{record.samples_per_second:9,.0f} samples/s"
            + (f"  {duration(left)} left" if left else "")
        )

    def close(self) -> None:
        """Take the bar off the screen."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None
