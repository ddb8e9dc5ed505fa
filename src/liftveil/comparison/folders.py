"""Which file is compared with which: two pictures, or all the pictures of two folders that have the same name."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from liftveil.errors import DataError
from liftveil.imaging import picture_files


class Pair(NamedTuple):
    """Two picture files to compare.

    Attributes:
        name: What they have in common: the path below their folders without the suffix.
        reference: The file of the cover or the secret.
        picture: The file of what became of it.
    """

    name: str
    reference: Path
    picture: Path


class Problem(NamedTuple):
    """A name that could not be evaluated.

    Attributes:
        name: As of a :class:`Pair`.
        reason: One line that names the file.
    """

    name: str
    reason: str


def match_folders(references: Path, pictures: Path) -> tuple[list[Pair], list[Problem]]:
    """Match the pictures of two trees by their paths without suffix, so that a.jpg belongs to a.png.

    Hidden files and folders, and files that have no suffix of a picture format, are not looked at.

    Args:
        references: A folder.
        pictures: Another.

    Returns:
        The pairs, sorted by name; and the names that lack a partner or are ambiguous, sorted too.

    Raises:
        DataError: If there is no picture in either folder.
    """
    sides = (_by_name(references), _by_name(pictures))
    names = sorted(sides[0].keys() | sides[1].keys())
    if not names:
        raise DataError(references, f"holds no pictures, and neither does {pictures}; give two folders of pictures")
    problems = [Problem(name, reason) for name in names if (reason := _reason(name, sides, (references, pictures)))]
    bad = {problem.name for problem in problems}
    return [Pair(name, sides[0][name][0], sides[1][name][0]) for name in names if name not in bad], problems


def match_files(reference: Path, picture: Path) -> Pair:
    """Make a pair of two files, whatever their names.

    Args:
        reference: A picture file.
        picture: Another.

    Returns:
        The pair, called by the names of both.

    Raises:
        DataError: If one of the two is a folder.
    """
    for path, other in ((reference, picture), (picture, reference)):
        if path.is_dir():
            raise DataError(path, f"is a folder, but {other} is none; give two pictures or two folders")
    return Pair(f"{reference.name} / {picture.name}", reference, picture)


_Files = dict[str, list[Path]]


def _by_name(folder: Path) -> _Files:
    found: _Files = defaultdict(list)
    for path in picture_files(folder):
        below = path.relative_to(folder)
        if not any(part.startswith(".") for part in below.parts):
            found[below.with_suffix("").as_posix()].append(path)
    return found


def _reason(name: str, sides: tuple[_Files, _Files], folders: tuple[Path, Path]) -> str | None:
    """Why there is no pair of this name, if so."""
    for files in sides:
        if len(files.get(name, [])) > 1:
            return f"{' and '.join(map(str, files[name]))} have the same name without suffix; keep one of them"
    for files, others, folder in ((*sides, folders[1]), (*sides[::-1], folders[0])):
        if name not in others:
            return f"{files[name][0]} has no partner in {folder}"
    return None
