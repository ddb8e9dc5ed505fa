"""Embedding and extraction of 8-bit pictures with a model's graphs: pad, run, round once, crop."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import ShapeError
from liftveil.imaging import to_u8
from liftveil.runtime.engine import open_graph
from liftveil.wavelets import NUMPY_FLOAT, pad_by_reflection
from liftveil.weights import EMBED_FILE, EXTRACT_FILE, Model

LEAST_PX = 16
"""Smallest height and width that a picture may have."""


@final
class Session:
    """One model, ready to run; each direction is loaded when it is first used.

    Args:
        model: The model's files.
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    def embed(self, cover: NDArray[np.uint8], secret: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Hide one picture in another.

        Args:
            cover: RGB (height, width, 3), at least 16x16.
            secret: RGB of the same shape.

        Returns:
            The stego, of the same shape.

        Raises:
            ShapeError: If a shape is not as described.
            ModelError: If the model cannot be loaded.
        """
        if cover.shape != secret.shape:
            raise ShapeError(secret.shape, f"a secret of the cover's shape {cover.shape}")
        return to_u8(self._run(self._embedder, {"cover": cover, "secret": secret}))

    def extract(self, stego: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Get the hidden picture back.

        Args:
            stego: RGB (height, width, 3), at least 16x16.

        Returns:
            The recovered picture, of the same shape.

        Raises:
            ShapeError: If the shape is not as described.
            ModelError: If the model cannot be loaded.
        """
        return to_u8(self.extract_levels(stego))

    def extract_levels(self, stego: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The recovered picture before it is rounded and clipped.

        Args:
            stego: RGB (height, width, 3), at least 16x16.

        Returns:
            Grey levels of the same shape; they may leave 0..255.

        Raises:
            ShapeError: If the shape is not as described.
            ModelError: If the model cannot be loaded.
        """
        return self._run(self._extractor, {"stego": stego})

    @cached_property
    def _embedder(self) -> Any:  # noqa: ANN401 - onnxruntime ships no types
        return open_graph(self.model.read(EMBED_FILE), self.model.name)

    @cached_property
    def _extractor(self) -> Any:  # noqa: ANN401
        return open_graph(self.model.read(EXTRACT_FILE), self.model.name)

    @staticmethod
    def _run(graph: Any, pictures: dict[str, NDArray[np.uint8]]) -> NDArray[np.float32]:  # noqa: ANN401
        multiple = int(graph.get_modelmeta().custom_metadata_map["multiple"])
        height, width = _checked(next(iter(pictures.values()))).shape[:2]
        planes = {name: _planes(picture, multiple) for name, picture in pictures.items()}
        levels = graph.run(None, planes)[0][0, :, :height, :width]
        return np.ascontiguousarray(levels.transpose(1, 2, 0))


def _checked(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    expected = f"an RGB picture (height, width, 3) of at least {LEAST_PX}x{LEAST_PX} pixels"
    if picture.ndim != 3 or picture.shape[2] != 3 or min(picture.shape[:2]) < LEAST_PX:  # noqa: PLR2004
        raise ShapeError(picture.shape, expected)
    return picture


def _planes(picture: NDArray[np.uint8], multiple: int) -> NDArray[np.float32]:
    """(height, width, 3) to a batch of one (1, 3, height, width), padded."""
    planes = picture.astype(np.float32).transpose(2, 0, 1)[None]
    return np.ascontiguousarray(pad_by_reflection(planes, multiple, NUMPY_FLOAT))
