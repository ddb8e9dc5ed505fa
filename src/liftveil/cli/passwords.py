"""Where passwords come from: a file or a prompt, never the command line."""

from __future__ import annotations

import os
import stat
import sys
from codecs import BOM_UTF8
from getpass import getpass
from pathlib import Path
from typing import Annotated

import typer

from liftveil.cli.console import notify
from liftveil.errors import PasswordError

PasswordFile = Annotated[
    Path | None, typer.Option(help="File whose first line is the password; chooses the exact carrier.", readable=False)
]
PasswordPrompt = Annotated[
    bool, typer.Option("--password-prompt", help="Ask for the password; chooses the exact carrier.")
]

_MOST_BYTES = 4096
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def wanted_password(file: Path | None, *, prompt: bool, twice: bool) -> str | None:
    """The password that the options ask for.

    Args:
        file: Whose first line it is.
        prompt: Whether to ask for it.
        twice: Whether to ask again, because a slip would lock the secret up.

    Returns:
        The password, not empty; None if no option asks for one.

    Raises:
        PasswordError: If there is none to be had.
    """
    if file is not None and prompt:
        raise PasswordError("--password-prompt", "cannot go with --password-file; give one of them")
    if file is not None:
        return _from_file(file)
    return _asked(twice=twice) if prompt else None


def _from_file(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            line = opened.readline(_MOST_BYTES + 1).removeprefix(BOM_UTF8).removesuffix(b"\n").removesuffix(b"\r")
            open_to_others = os.name == "posix" and os.fstat(opened.fileno()).st_mode & _OPEN_TO_OTHERS
    except OSError as error:
        raise PasswordError(file, f"cannot be read ({error.strerror}); check the path") from error
    if open_to_others:
        notify([f"{file}: other users may read this password; protect it with: chmod 600"])
    try:
        password = line.decode("utf-8")
    except UnicodeDecodeError:
        # Not chained: the error would carry the password's bytes.
        raise PasswordError(file, "its first line is not UTF-8; write the password as text") from None
    if not password:
        raise PasswordError(file, "its first line is empty; write the password there")
    if len(line) > _MOST_BYTES:  # such as of /dev/zero
        raise PasswordError(file, f"its first line is longer than {_MOST_BYTES} bytes; write only the password there")
    return password


def _asked(*, twice: bool) -> str:
    if sys.stdin is None or not sys.stdin.isatty():
        raise PasswordError("--password-prompt", "there is no terminal to ask on; use --password-file")
    try:
        password = getpass("Password: ")
        if not password:
            raise PasswordError("--password-prompt", "the password is empty; give at least one character")
        if twice and getpass("Again: ") != password:
            raise PasswordError("--password-prompt", "the passwords differ; nothing was hidden")
    except EOFError:
        raise PasswordError("--password-prompt", "no password was given; type one, or use --password-file") from None
    return password
