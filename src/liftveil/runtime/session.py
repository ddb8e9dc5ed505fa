"""Embedding and extraction of 8-bit pictures with a model's graphs: pad, run tile by tile, crop, round once.

Levels in float32 take four times the memory of pixels, so each tile is rounded before the next one is computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import product
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import ModelError, ShapeError
from liftveil.imaging import spans, to_u8
from liftveil.runtime.engine import facts_of, open_graph, run_graph
from liftveil.shaping import NoiseShaper
from liftveil.wavelets import NUMPY_FLOAT, pad_by_reflection
from liftveil.weights import EMBED_FILE, EXTRACT_FILE, Model

LEAST_PX = 16
"""Smallest height and width that a picture may have."""

TILE_PX = 1024
"""Side of the tiles that larger pictures are cut into, so that the network's memory does not grow with the picture; a
multiple of the blocks that are rounded together."""

Part = tuple[slice, slice]
"""Rows and columns of a picture."""

Tiles = Iterator[tuple[Part, NDArray[np.float32]]]
"""Parts that cover a picture once, and the levels that stand there."""

_NOTHING: Part = (slice(0, 0), slice(0, 0))


@final
class Session:
    """One model, ready to run; each direction is loaded when it is first used.

    Args:
        model: The model's files.
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    @property
    def secret_channels(self) -> int:
        """3 if the model hides colour pictures, 1 if grey ones; a ModelError if it cannot be loaded."""
        return facts_of(self._embedder, self.model.name).secret_channels

    @property
    def jpeg_quality(self) -> int | None:
        """Lowest quality of JPEG that what it hides shall survive, or None; a ModelError if it cannot be loaded."""
        return facts_of(self._embedder, self.model.name).jpeg_quality

    def load(self) -> None:
        """Load both directions now, so that a damaged model is found before anything is written.

        Raises:
            ModelError: If the model cannot be loaded.
        """
        _ = self._embedder, self._extractor

    def embed(self, cover: NDArray[np.uint8], secret: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Hide one picture in another.

        Args:
            cover: RGB (height, width, 3), at least 16x16.
            secret: RGB of the same shape; for a model of grey secrets, grey levels (height, width).

        Returns:
            The stego, of the cover's shape.

        Raises:
            ShapeError: If a shape is not as described.
            ModelError: If the model cannot be loaded or run, or gives values that are no numbers.
        """
        stego = np.empty(cover.shape, np.uint8)
        for part, levels in self._embedded(cover, secret):
            stego[part] = self.rounded(self.whole_stego(levels))
        return stego

    def embed_levels(self, cover: NDArray[np.uint8], secret: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The stego before it is rounded and clipped.

        Args:
            cover: As in :meth:`embed`.
            secret: As in :meth:`embed`.

        Returns:
            Grey levels (height, width, 3); they may leave 0..255.

        Raises:
            ShapeError: If a shape is not as described.
            ModelError: If the model cannot be loaded or run.
        """
        stego = np.empty(cover.shape, np.float32)
        for part, levels in self._embedded(cover, secret):
            stego[part] = levels
        return stego

    def extract(self, stego: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Get the hidden picture back.

        Args:
            stego: RGB (height, width, 3), at least 16x16.

        Returns:
            The recovered picture, of the same shape, or (height, width) from a model of grey secrets.

        Raises:
            ShapeError: If the shape is not as described.
            ModelError: If the model cannot be loaded or run, or gives values that are no numbers.
        """
        return self.extract_with_levels(stego, _NOTHING)[0]

    def extract_with_levels(
        self, stego: NDArray[np.uint8], part: Part
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Get the hidden picture back, and a part of it as it was before it was rounded and clipped.

        Args:
            stego: As in :meth:`extract`.
            part: Rows and columns of that part, both with a start and a stop within the picture.

        Returns:
            What :meth:`extract` gives, and the part of :meth:`extract_levels`.

        Raises:
            ShapeError: If the shape is not as described.
            ModelError: If the model cannot be loaded or run, or gives values that are no numbers.
        """
        recovered = np.empty(self._recovered_shape(stego), np.uint8)
        seen = np.empty(recovered[part].shape, np.float32)
        for tile, levels in self._extracted(stego):
            recovered[tile] = self.rounded(levels)
            (rows, rows_here), (columns, columns_here) = map(_overlap, part, tile)
            seen[rows, columns] = levels[rows_here, columns_here]
        return recovered, seen

    def extract_levels(self, stego: NDArray[np.uint8 | np.float32]) -> NDArray[np.float32]:
        """The recovered picture before it is rounded and clipped.

        Args:
            stego: RGB (height, width, 3), at least 16x16; 8-bit pixels as from a file, or what :meth:`embed_levels`
                gave, to measure what rounding costs.

        Returns:
            Grey levels in the shape of :meth:`extract`; they may leave 0..255, and need not be finite if another
            model hid the secret.

        Raises:
            ShapeError: If the shape is not as described.
            ModelError: If the model cannot be loaded or run.
        """
        recovered = np.empty(self._recovered_shape(stego), np.float32)
        for part, levels in self._extracted(stego):
            recovered[part] = levels
        return recovered

    def _recovered_shape(self, stego: NDArray[Any]) -> tuple[int, ...]:
        channels = facts_of(self._extractor, self.model.name).secret_channels
        return _checked(stego).shape if channels == 3 else _checked(stego).shape[:2]

    def rounded(self, levels: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Round what the model gave to 8-bit pixels.

        Args:
            levels: Grey levels of any shape.

        Returns:
            Pixels of the same shape.

        Raises:
            ModelError: If there is a value that is no number, so that no pixel would be right.
        """
        if np.isnan(levels).any():
            raise ModelError(self.model.name, "gives values that are no numbers for this picture; use another model")
        return to_u8(levels)

    def whole_stego(self, levels: NDArray[np.float32], low: float = 0.0, high: float = 255.0) -> NDArray[np.float32]:
        """Round a stego, with shaped noise if the model has been trained for that, else to the nearest.

        Args:
            levels: What :meth:`embed_levels` gave.
            low: Least value.
            high: Largest value; without bounds, one sees what rounding alone costs.

        Returns:
            Whole grey levels of the same shape; NaN where a level was, and in the same block.

        Raises:
            ModelError: If the model cannot be loaded.
        """
        return np.rint(levels).clip(low, high) if self._shaper is None else self._shaper.whole(levels, low, high)

    @cached_property
    def _shaper(self) -> NoiseShaper | None:
        metric = facts_of(self._embedder, self.model.name).rounding_metric
        try:
            return None if metric is None else NoiseShaper(metric, reduced=True)
        except np.linalg.LinAlgError as error:
            raise ModelError(self.model.name, "its graph cannot be used (its rounding metric is none)") from error

    @cached_property
    def _embedder(self) -> Any:  # noqa: ANN401 - onnxruntime ships no types
        return open_graph(self.model.read(EMBED_FILE), self.model.name)

    @cached_property
    def _extractor(self) -> Any:  # noqa: ANN401
        return open_graph(self.model.read(EXTRACT_FILE), self.model.name)

    def _embedded(self, cover: NDArray[np.uint8], secret: NDArray[np.uint8]) -> Tiles:
        """The stego's levels (height, width, 3)."""
        colour = self.secret_channels == 3
        if secret.shape != (cover.shape if colour else cover.shape[:2]):
            kind = f"a secret of the cover's shape {cover.shape}" if colour else f"a grey secret {cover.shape[:2]}"
            raise ShapeError(secret.shape, kind)
        return self._run(self._embedder, {"cover": cover, "secret": secret})

    def _extracted(self, stego: NDArray[np.uint8 | np.float32]) -> Tiles:
        """The recovered picture's levels (height, width, 3), or (height, width)."""
        colour = len(self._recovered_shape(stego)) == 3
        for part, levels in self._run(self._extractor, {"stego": stego}):
            yield part, levels if colour else levels[..., 0]

    def _run(self, graph: Any, pictures: dict[str, NDArray[Any]]) -> Tiles:  # noqa: ANN401
        """Run tile by tile; a tile sees all that can matter to it, so the result is that of the whole picture."""
        height, width = _checked(next(iter(pictures.values()))).shape[:2]
        facts = facts_of(graph, self.model.name)
        planes = {name: _padded_planes(picture, facts.multiple) for name, picture in pictures.items()}
        padded = next(iter(planes.values())).shape[1:]
        context_px = facts.reach_px + -facts.reach_px % facts.multiple
        cut = (spans(side, tile_px=TILE_PX, context_px=context_px) for side in padded)
        for rows, columns in product(*cut):
            seen = {name: plane[None, :, rows.read, columns.read].astype(np.float32) for name, plane in planes.items()}
            levels = run_graph(graph, seen, self.model.name)[0, :, rows.kept, columns.kept].transpose(1, 2, 0)
            part = slice(rows.first, min(rows.end, height)), slice(columns.first, min(columns.end, width))
            yield part, np.ascontiguousarray(levels[: height - rows.first, : width - columns.first])


def _overlap(part: slice, tile: slice) -> tuple[slice, slice]:
    """What two stretches share, as counted from the start of either; empty if nothing."""
    first = max(part.start, tile.start)
    stop = max(first, min(part.stop, tile.stop))
    return slice(first - part.start, stop - part.start), slice(first - tile.start, stop - tile.start)


def _checked(picture: NDArray[Any]) -> NDArray[Any]:
    expected = f"an RGB picture (height, width, 3) of at least {LEAST_PX}x{LEAST_PX} pixels"
    if picture.ndim != 3 or picture.shape[2] != 3 or min(picture.shape[:2]) < LEAST_PX:
        raise ShapeError(picture.shape, expected)
    return picture


def _padded_planes(picture: NDArray[Any], multiple: int) -> NDArray[Any]:
    """(height, width, 3) or (height, width) to (3 or 1, padded height, padded width)."""
    planes = np.atleast_3d(picture).transpose(2, 0, 1)
    return np.ascontiguousarray(pad_by_reflection(planes, multiple, NUMPY_FLOAT))
