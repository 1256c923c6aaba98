"""The start of the command `fastmlp`, also as `python -m fastmlp`: nothing heavy before Ctrl-C is taken care of."""

import sys


def main() -> None:
    """Run the command line; end with 0, with 2 and one line for bad input, or with 130 for Ctrl-C."""
    try:
        from fastmlp.cli import run_command

        run_command()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
