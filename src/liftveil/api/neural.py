"""The neural carrier: pictures in, the right model picked, everything that a report needs out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import PictureSizeError
from liftveil.imaging import Picture, fit_to, flatten_on_white, turn_grey
from liftveil.runtime import LEAST_PX, Session
from liftveil.weights import DEFAULT_MODEL, Model, find_model, releases

_BLANK_VARIANCE = 4.0
_TRIED_PX = 512
"""Side of the square in a stego's middle by which a model is chosen, so that the choice costs little."""

_LEAD = 0.1
"""By how much an older version's result has to be the more plausible one. What a newer version makes of an older one's
stego is far worse than that; what an older one makes of a newer one's may pass for a rough picture."""

_LEAD_IN_JPEG = 0.3
"""By how much the result of a model made for JPEG has to be the more plausible one: it finds something smooth in
everything, while in its own stegos, other models find nothing but noise."""

_MOST_LIKENESS = 0.6
"""Beyond this, likeness to the stego counts no more: somebody may hide a picture in itself, or in a near copy."""

_CELL_PX = 8
_FEWEST_CELLS = 64  # of fewer, a correlation means little
_FAINT = 0.5  # of the energy of detail: less is not told from rounding

_GRID_PX = 16  # no model's blocks are larger, so such squares lie on the grid of each

_ABSURD = 1e6  # grey levels whose squares float32 still holds

Level = TypeVar("Level", np.uint8, np.float32)


@dataclass(frozen=True, eq=False)
class Embedding:
    """What embedding made.

    Attributes:
        stego: The picture to save, with the cover's alpha.
        cover: The cover's pixels as used, RGB (height, width, 3).
        secret: The secret's pixels as hidden, after resizing to the cover's size: RGB, or (height, width) if the
            model hides grey pictures.
        model: The model that hid it.
        notices: What was changed or dropped on the way.
    """

    stego: Picture
    cover: NDArray[np.uint8]
    secret: NDArray[np.uint8]
    model: Model
    notices: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Extraction:
    """What extraction found.

    Attributes:
        recovered: RGB (height, width, 3), or (height, width) if the model hides grey pictures.
        model: The model that was used.
        scores: Plausibility of what each model finds in the picture's middle, see :func:`plausibility`, less its
            likeness to the stego, see :func:`likeness`, up to a limit. From that of models made for JPEG is taken what
            they have to lead by.
        notices: What the user should know about the stego.
    """

    recovered: NDArray[np.uint8]
    model: Model
    scores: dict[str, float]
    notices: tuple[str, ...]


def embed_pictures(cover: Picture, secret: Picture, *, model: str | Path = DEFAULT_MODEL) -> Embedding:
    """Hide a picture in another of the same size by a network.

    Args:
        cover: The picture to be seen.
        secret: The picture to hide.
        model: A shipped model or the folder of an exported one.

    Returns:
        Stego, the pixels that were used, the model, and the notices.

    Raises:
        PictureSizeError: If a picture is too small.
        ModelError: If the model is unknown or damaged.
    """
    for picture in (cover, secret):
        _require_size(picture)
    session = _session(find_model(model))
    session.load()
    fitted = fit_to(flatten_on_white(secret), cover.width, cover.height)
    colour = session.secret_channels == 3
    fitted = fitted if colour else turn_grey(fitted)
    hidden = fitted.rgb_u8 if colour else fitted.rgb_u8[..., 0]
    stego = session.embed(cover.rgb_u8, hidden)
    notices = (*cover.notices, *fitted.notices)
    return Embedding(Picture(stego, cover.alpha_u8, "stego"), cover.rgb_u8, hidden, session.model, notices)


def extract_picture(stego: Picture, *, model: str | Path | None = None) -> Extraction:
    """Get back what a network hid.

    Args:
        stego: The picture that hides another.
        model: The model that hid it; None tries every shipped one.

    Returns:
        The recovered picture, the model, the scores, and the notices.

    Raises:
        PictureSizeError: If the picture is too small.
        ModelError: If the model is unknown or damaged.
    """
    _require_size(stego)
    part = _middle(stego.height, stego.width)
    middle = stego.rgb_u8[part]
    if model is not None:
        session = _session(find_model(model))
        recovered, levels = session.extract_with_levels(stego.rgb_u8, part)
        scores = {session.model.name: _score(session, middle, levels)}
        return Extraction(recovered, session.model, scores, _notices(stego, session))
    sessions = {candidate.name: _session(candidate) for candidate in releases().values()}
    scores = {name: _score(session, middle, session.extract_levels(middle)) for name, session in sessions.items()}
    best = sessions[_chosen(scores)]
    return Extraction(best.extract(stego.rgb_u8), best.model, scores, _notices(stego, best))


def plausibility(levels: NDArray[np.float32]) -> float:
    r"""How much a recovered picture looks like a photograph: the score by which a model is chosen.

    .. math:: 1 - \frac{\overline{(\Delta^2)^2} / 6 + \overline{o^2}}{\overline{\Delta^2} / 2 + 4}

    with :math:`\Delta` the differences of neighbouring samples along rows and columns, :math:`\Delta^2` those of the
    differences, and :math:`o` the distance of a sample from 0..255, all in grey levels before rounding and clipping.
    Both quotients are the variance, where the picture is white noise, and the score is near 0; edges and gradients of
    photographs go on from one pixel to the next, which makes the first one smaller. What a near relative of the right
    network finds has contrast and outlines, too, but rougher ones. The 4 keeps blank pictures plausible.

    Args:
        levels: Recovered grey levels (height, width, 3) or (height, width), not clipped.

    Returns:
        At most 1; photographs are mostly above 0.3; minus infinity if a level is not finite.
    """
    if not np.isfinite(levels).all():
        return -np.inf
    levels = levels.clip(-_ABSURD, _ABSURD)
    once, twice = (sum(_mean_square(np.diff(levels, order, axis)) for axis in (0, 1)) / 2 for order in (1, 2))
    outside = _mean_square(levels - levels.clip(0, 255))
    return 1 - (twice / 6 + outside) / (once / 2 + _BLANK_VARIANCE)


def likeness(levels: NDArray[np.float32], stego_u8: NDArray[np.uint8]) -> float:
    """How much a recovered picture is restless where the stego is.

    Another picture has its detail elsewhere. What a wrong network finds is made of the stego: a ghost of it, or noise
    that is stronger where the stego has edges.

    Args:
        levels: Recovered grey levels (height, width, 3) or (height, width), not clipped.
        stego_u8: The stego's pixels (height, width, 3).

    Returns:
        Correlation, over cells of 8 pixels, of the logarithms of the energy of detail, at least 0; 0 where there are
        too few cells, or where either picture is alike everywhere; 1 if a level is not finite.
    """
    if not np.isfinite(levels).all():
        return 1.0
    found, seen = (_restlessness(picture) for picture in (levels.clip(-_ABSURD, _ABSURD), stego_u8))
    spread = found.std() * seen.std() if found.size >= _FEWEST_CELLS else 0.0
    return max(0.0, float((found * seen).mean() / spread)) if spread > 0 else 0.0


def _restlessness(picture: NDArray[Level]) -> NDArray[np.float64]:
    """Logarithm of the energy of detail in each cell, less its mean."""
    grey = picture.astype(np.float64)
    grey = grey.mean(axis=2) if grey.ndim == 3 else grey
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    detail = grey[1:-1, 1:-1] - around / 4
    rows, columns = (side // _CELL_PX for side in detail.shape)
    cells = detail[: rows * _CELL_PX, : columns * _CELL_PX].reshape(rows, _CELL_PX, columns, _CELL_PX)
    energy = np.log(np.square(cells).mean(axis=(1, 3)) + _FAINT)
    centred: NDArray[np.float64] = energy - energy.mean()
    return centred


def _score(session: Session, stego_u8: NDArray[np.uint8], levels: NDArray[np.float32]) -> float:
    lead = 0.0 if session.jpeg_quality is None else _LEAD_IN_JPEG
    return plausibility(levels) - min(likeness(levels, stego_u8), _MOST_LIKENESS) - lead


def _chosen(scores: dict[str, float]) -> str:
    """The most plausible model, or a newer version of it that is nearly as plausible; the newest come first."""
    best = max(scores, key=lambda name: scores[name])
    family, _, version = best.rpartition("-")
    if not version.isdigit():
        return best
    versions = (name for name in scores if name.rpartition("-")[0] == family)
    return next(name for name in versions if scores[name] >= scores[best] - _LEAD)


def _notices(stego: Picture, session: Session) -> tuple[str, ...]:
    """What was changed in reading a stego, and whether its format may have changed it before."""
    lossy = stego.lossy_format
    if lossy is None or (lossy == "JPEG" and session.jpeg_quality is not None):
        return stego.notices
    return (*stego.notices, f"{stego.name}: {lossy} changes pixels, so what was hidden here may be lost")


def _middle(height: int, width: int) -> tuple[slice, slice]:
    """A square in the middle of a picture, or the whole picture where that is small."""
    rows, columns = (max(0, side - _TRIED_PX) // 2 // _GRID_PX * _GRID_PX for side in (height, width))
    return slice(rows, min(rows + _TRIED_PX, height)), slice(columns, min(columns + _TRIED_PX, width))


def _mean_square(values: NDArray[np.float32]) -> float:
    return float(np.square(values, out=values).mean(dtype=np.float64))


def _session(model: Model) -> Session:
    return _opened(model, model.written)


@lru_cache(maxsize=8)
def _opened(model: Model, written: tuple[int, ...]) -> Session:  # noqa: ARG001 - part of the cache's key
    return Session(model)


def _require_size(picture: Picture) -> None:
    if min(picture.width, picture.height) < LEAST_PX:
        raise PictureSizeError(picture.name, width=picture.width, height=picture.height, least=LEAST_PX)
