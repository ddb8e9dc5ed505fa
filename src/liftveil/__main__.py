"""The command ``liftveil``, which is also ``python -m liftveil``."""

import sys


def main() -> None:
    """Load the command line and run it; Ctrl-C ends the loading, too, with one line."""
    try:
        from liftveil.cli import main as run

        run()
    except KeyboardInterrupt:
        if sys.stderr is not None:
            sys.stderr.write("liftveil: interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
