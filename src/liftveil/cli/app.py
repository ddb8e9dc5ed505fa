"""All commands together, and the one place where errors become a line and an exit code."""

from __future__ import annotations

import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from liftveil.cli import (
    capacity,
    data,
    demo,
    embed,
    evaluate,
    export,
    extract,
    info,
    plot,
    profile,
    research,
    test,
    train,
)
from liftveil.cli.console import complain
from liftveil.errors import LiftveilError, lacks_memory

_SIGNALLED = 128  # what shells add to a signal's number
_INTERRUPTED = 130  # which typer makes of KeyboardInterrupt

app = typer.Typer(
    name="liftveil",
    help="Hide a whole colour picture inside another of the same size, and get it back from the saved PNG alone.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (
    embed.embed,
    extract.extract,
    capacity.capacity,
    demo.demo,
    info.info,
    train.train,
    profile.profile,
    plot.plot,
    test.test,
    export.export,
):
    app.command()(command)
app.add_typer(data.app, name="data")
evaluate.app.command()(research.research)
app.add_typer(evaluate.app, name="evaluate")


@contextmanager
def _ending_on_request() -> Iterator[None]:
    """Make an exit of a request to end (SIGTERM), so that what is half done is cleaned up as it is on Ctrl-C."""
    before = signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(_SIGNALLED + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def main() -> None:
    """Run a command; what liftveil refuses ends with one line and exit code 1, bad usage with 2."""
    warnings.filterwarnings("ignore", module=r"PIL\.")  # what matters of a picture is told in our own words
    try:
        with _ending_on_request():
            app(prog_name="liftveil")
    except LiftveilError as error:
        complain(str(error))
        sys.exit(1)
    except OSError as error:  # what no command has made an error of its own, such as a name that is too long
        complain(f"{error.filename or 'a file'}: {error.strerror or error}")
        sys.exit(1)
    except (MemoryError, RuntimeError) as error:
        if not lacks_memory(f"{type(error).__name__}: {error}"):
            raise
        complain("not enough memory; use smaller pictures or, in a training, a smaller 'data.batch' or 'data.crop_px'")
        sys.exit(1)
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            complain("interrupted")
        raise
