"""``python -m liftveil``: the command line."""

from liftveil.cli import main

if __name__ == "__main__":
    main()
