"""Comparing picture files: a stego with its cover, a recovered picture with its secret, or whole folders of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from liftveil.comparison.folders import Pair, Problem, match_files, match_folders
from liftveil.comparison.measures import Figures, compare
from liftveil.errors import DataError, LiftveilError, PictureError, PictureSizeError
from liftveil.imaging import Picture, read_picture
from liftveil.metrics import WINDOW_PX, effective_bpp

_PathLike = str | os.PathLike[str]


@dataclass(eq=False)
class Evaluation:
    """What was measured of picture files.

    Attributes:
        roles: What the two files of a pair are, such as ``("cover", "stego")``.
        source: Where the second ones came from, a file or a folder.
        pairs: The files that were compared.
        rows: The figures of each pair.
        problems: What could not be evaluated.
        notices: What reading has changed in pixels, one line each.
    """

    roles: tuple[str, str]
    source: Path
    pairs: list[Pair] = field(default_factory=list)
    rows: list[Figures] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    @property
    def counts(self) -> str:
        """How many pairs were evaluated and how many could not be, for people."""
        done = f"evaluated {len(self.pairs)} pair{'' if len(self.pairs) == 1 else 's'}"
        return f"{done}; {len(self.problems)} could not be evaluated" if self.problems else done

    def require_complete(self) -> None:
        """Refuse an evaluation that lacks pairs.

        Raises:
            DataError: If anything could not be evaluated.
        """
        if self.problems:
            raise DataError(self.source, self.counts)


def evaluate_stego(cover: _PathLike, stego: _PathLike) -> Evaluation:
    """Compare stegos with their covers, in RGB, as people see them.

    Args:
        cover: A picture file or a folder of them.
        stego: The stego, or a folder in which each has its cover's name, whatever its suffix.

    Returns:
        Figures of :func:`liftveil.comparison.compare`, and ``file_bpp`` and ``cover_file_bpp``, the bits per pixel
        that the files of stego and cover take. In folders, what cannot be evaluated is a problem of the result.

    Raises:
        DataError: If only one is a folder, or neither folder has a picture.
        PictureError: If one of two files cannot be read or they differ in size.
    """
    return _evaluate(Evaluation(("cover", "stego"), Path(stego)), Path(cover), _file_sizes)


def evaluate_secret(secret: _PathLike, recovered: _PathLike) -> Evaluation:
    """Compare recovered pictures with their secrets, in RGB, as people see them.

    Args:
        secret: A picture file or a folder of them.
        recovered: What came back, or a folder in which each has its secret's name, whatever its suffix.

    Returns:
        Figures of :func:`liftveil.comparison.compare`; ``bpp``, the bits of the secret per pixel, 24 or, of a grey
        one, 8; and ``effective_bpp``, how many of them come through, see :func:`liftveil.metrics.effective_bpp`.
        In folders, what cannot be evaluated is a problem of the result.

    Raises:
        DataError: If only one is a folder, or neither folder has a picture.
        PictureError: If one of two files cannot be read or they differ in size.
    """
    return _evaluate(Evaluation(("secret", "recovered"), Path(recovered)), Path(secret), _payload)


_Measure = Callable[[Pair, Picture, Picture], Figures]


def _evaluate(found: Evaluation, references: Path, more: _Measure) -> Evaluation:
    if not (references.is_dir() and found.source.is_dir()):
        _add(found, match_files(references, found.source), more)
        return found
    pairs, found.problems = match_folders(references, found.source)
    for pair in pairs:
        try:
            _add(found, pair, more)
        except LiftveilError as refusal:  # told with the others, the rest is still evaluated
            found.problems.append(Problem(pair.name, str(refusal)))
    found.problems.sort()
    return found


def _add(found: Evaluation, pair: Pair, more: _Measure) -> None:
    reference, picture = read_picture(pair.reference), read_picture(pair.picture)
    _require_comparable(reference, picture)
    found.rows.append(compare(reference.rgb_u8, picture.rgb_u8) | more(pair, reference, picture))
    found.pairs.append(pair)
    found.notices += [*_changes(reference), *_changes(picture)]


def _require_comparable(reference: Picture, picture: Picture) -> None:
    sizes = [f"{one.width}x{one.height}" for one in (picture, reference)]
    if sizes[0] != sizes[1]:
        problem = f"{sizes[0]} pixels, but {reference.name} has {sizes[1]}"
        raise PictureError(picture.name, problem, "only pictures of the same size can be compared")
    if min(picture.width, picture.height) < WINDOW_PX:
        raise PictureSizeError(picture.name, width=picture.width, height=picture.height, least=WINDOW_PX)


def _changes(picture: Picture) -> list[str]:
    """Metadata that stayed behind, of which hardly any photograph is free, have no part in a comparison of pixels."""
    return [notice for notice in picture.notices if not notice.endswith(" not carried over")]


def _file_sizes(pair: Pair, _cover: Picture, stego: Picture) -> Figures:
    pixels = stego.width * stego.height
    files = {"file_bpp": pair.picture, "cover_file_bpp": pair.reference}
    return {key: 8 * file.stat().st_size / pixels for key, file in files.items()}


def _payload(_pair: Pair, secret: Picture, recovered: Picture) -> Figures:
    through = effective_bpp(secret.rgb_u8, recovered.rgb_u8)
    # The channels of a grey secret hold the same bits, so they count once, as the mean of what each carries.
    grey = bool((secret.rgb_u8 == secret.rgb_u8[..., :1]).all())
    return {"bpp": 8.0, "effective_bpp": through / 3} if grey else {"bpp": 24.0, "effective_bpp": through}
