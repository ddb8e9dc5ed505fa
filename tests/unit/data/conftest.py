"""What the tests of this room share: folders of made-up pictures whose pixels tell where they were."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

Pictures = list[NDArray[np.uint8]]


@pytest.fixture
def made_folder(tmp_path: Path) -> Callable[..., tuple[Path, Pictures]]:
    """Write pictures: red counts rows, green counts columns, blue is the picture's number."""

    def make(*sizes: tuple[int, int]) -> tuple[Path, Pictures]:
        folder = tmp_path / "pictures"
        folder.mkdir()
        pictures = []
        for number, (height, width) in enumerate(sizes):
            rows, columns = np.indices((height, width))
            pictures.append(np.stack([rows, columns, np.full_like(rows, number)], axis=-1).astype(np.uint8))
            Image.fromarray(pictures[-1]).save(folder / f"{number:02}.png")
        return folder, pictures

    return make
