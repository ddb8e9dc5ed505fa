"""Finding and loading training pictures."""

import numpy as np
import pytest
from PIL import Image

from liftveil.data import find_pictures, load_rgb
from liftveil.errors import DataError, UnreadablePicture


def test_pictures_are_found_at_every_depth_in_the_order_of_their_paths(tmp_path):
    names = [
        "b.png",
        "a/z.JPG",
        "a/b/c.webp",
        "B.tiff",
        "c.bmp",
        "d.ppm",
        "e.jpeg",
        "f.TIF",
        "g.gif",
        "h.avif",
        "i.jp2",
    ]
    others = ["notes.txt", "a/list.json", "png", "x.png.part", "y.eps", "z.pdf", "a/.png"]
    for name in names + others:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "album.png").mkdir()
    found = find_pictures(tmp_path)
    assert found == sorted(tmp_path / name for name in names)
    assert found == find_pictures(tmp_path)


def test_two_pictures_are_enough(made_folder):
    folder, _ = made_folder((16, 16), (16, 16))
    assert find_pictures(folder) == [folder / "00.png", folder / "01.png"]


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_pictures_are_refused(made_folder, count):
    folder, _ = made_folder(*[(16, 16)] * count)
    with pytest.raises(DataError, match="holds fewer than two pictures") as refusal:
        find_pictures(folder)
    assert refusal.value.path == str(folder)


def test_what_is_no_folder_is_refused(made_folder):
    folder, _ = made_folder((16, 16), (16, 16))
    for path in (folder / "missing", folder / "00.png"):
        with pytest.raises(DataError, match="is no folder") as refusal:
            find_pictures(path)
        assert refusal.value.path == str(path)


def test_a_picture_is_decoded_once_and_cannot_be_changed(made_folder):
    folder, (picture, _) = made_folder((20, 30), (16, 16))
    rgb = load_rgb(folder / "00.png")
    assert rgb.dtype == np.uint8
    assert np.array_equal(rgb, picture)
    with pytest.raises(ValueError, match="read-only"):
        rgb[0, 0, 0] = 1
    (folder / "00.png").unlink()
    assert load_rgb(folder / "00.png") is rgb


def test_grey_pictures_get_three_channels(tmp_path):
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    Image.fromarray(grey).save(tmp_path / "grey.png")
    assert np.array_equal(load_rgb(tmp_path / "grey.png"), np.stack([grey] * 3, axis=-1))


def test_a_damaged_picture_is_refused_by_name(tmp_path):
    path = tmp_path / "damaged.png"
    path.write_bytes(b"no picture")
    with pytest.raises(UnreadablePicture) as refusal:
        load_rgb(path)
    assert refusal.value.path == str(path)
