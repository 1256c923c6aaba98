"""The group of commands `fastmlp`, and the status codes with which it ends."""

import sys
import warnings

import click

from fastmlp import __version__
from fastmlp.cli.data import data_group
from fastmlp.cli.explore import explore
from fastmlp.cli.export import export
from fastmlp.cli.models import evaluate, show
from fastmlp.cli.predict import predict
from fastmlp.cli.presets import presets
from fastmlp.cli.serve import serve
from fastmlp.cli.streams import give_up_output, mend_streams
from fastmlp.cli.sweep import sweep
from fastmlp.cli.train import train
from fastmlp.cli.warmup import warmup
from fastmlp.errors import InputError, one_line
from fastmlp.system.terminal import notice

FAILED, INTERRUPTED = 2, 130
"""Status codes for bad usage or bad input, and for Ctrl-C."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="fastmlp")
def cli() -> None:
    """Train multilayer perceptrons on the CPU, fast: start with `fastmlp train`."""


for command in (train, presets, evaluate, predict, show, export, data_group, explore, sweep, serve, warmup):
    cli.add_command(command)


def run_command() -> None:
    """Run the command line and end the process.

    The status is 0 for success, 2 for bad usage or bad input (with one line that says what is wrong) and for output
    that can't be written, 130 for Ctrl-C, and 1 without a message if the reader of a pipe has gone.
    """
    mend_streams()
    warnings.showwarning = _show_warning
    try:
        try:
            status = cli.main(prog_name="fastmlp", standalone_mode=False)
        finally:
            sys.stdout.flush()  # here, where an error still counts
        sys.exit(status)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        sys.exit(FAILED)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        give_up_output()
        sys.exit(1)
    except (click.ClickException, InputError, OSError, MemoryError, ImportError) as error:
        if isinstance(error, OSError):
            give_up_output()
        print(f"fastmlp: {_sentence(error)}", file=sys.stderr)
        sys.exit(FAILED)


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """Print a warning as one line, without the place in the code that gave it."""
    notice(f"fastmlp: {one_line(str(message))}")


def _sentence(error: Exception) -> str:
    """Return the line that tells a user of an error."""
    if isinstance(error, click.ClickException):
        return one_line(error.format_message())
    if isinstance(error, OSError):
        reason = error.strerror or str(error)
        return one_line(f"{error.filename} can't be read or written: {reason}." if error.filename else f"{reason}.")
    if isinstance(error, MemoryError):
        return one_line(f"Not enough memory: {error}.")
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"The module {error.name} is missing: install fastmlp again, with what it needs."
    return str(error)
