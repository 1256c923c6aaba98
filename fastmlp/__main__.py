"""The entry point of the command `fastmlp` and of `python -m fastmlp`.

The command line is imported inside of `main`, so that Ctrl-C ends the process quietly even while modules load.
"""

import sys


def main() -> None:
    """Run the command line; end with the status codes of `fastmlp.cli.main.run_command`."""
    try:
        from fastmlp.cli.main import run_command

        run_command()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
