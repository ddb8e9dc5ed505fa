"""Sorting out what cannot serve, by decoding it."""

import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from liftveil.data import find_pictures, load_rgb, readable
from liftveil.data.checking import LEAST_PX, examine
from liftveil.errors import DataError, LiftveilError
from liftveil.runtime.session import LEAST_PX as LEAST_OF_MODELS


@pytest.fixture
def broken(made_folder):
    """A folder of three good pictures and every kind of bad one."""
    folder, _ = made_folder((16, 40), (40, 16), (90, 90), (15, 40), (40, 15))
    noise = np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8)
    for name in ("cut.png", "cut.jpg", "cut.webp", "cut.tif"):
        Image.fromarray(noise).save(folder / name)
        complete = (folder / name).read_bytes()
        (folder / name).write_bytes(complete[: len(complete) // 2] if name != "cut.tif" else complete[:-9])
    (folder / "empty.png").touch()
    (folder / "text.bmp").write_text("no picture")
    return folder


def test_every_file_that_cannot_serve_is_named_with_its_reason(broken):
    good, skipped = readable(find_pictures(broken))
    assert [path.name for path in good] == ["00.png", "01.png", "02.png"]
    reasons = {path.name: reason for path, reason in skipped}
    small = "pixels is too small; use a picture of at least 16x16"
    assert reasons.pop("03.png") == f"40x15 {small}"
    assert reasons.pop("04.png") == f"15x40 {small}"
    assert reasons.pop("empty.png") == "the file is empty; get a complete copy of it"
    for name in ("cut.png", "cut.jpg", "cut.webp", "cut.tif"):
        assert reasons.pop(name).startswith("damaged or truncated (")
    assert reasons.pop("text.bmp").startswith("is no picture")
    assert reasons == {}
    assert [path for path, _ in skipped] == sorted(path for path, _ in skipped)


def test_a_truncated_file_would_pass_a_check_of_its_header(broken):
    with Image.open(broken / "cut.jpg") as image:
        image.verify()
        assert image.size == (90, 90)


def test_what_was_decoded_is_kept(made_folder):
    folder, pictures = made_folder((16, 16), (20, 30))
    good, _ = readable(find_pictures(folder))
    for path, picture in zip(good, pictures, strict=True):
        path.unlink()
        assert np.array_equal(load_rgb(path), picture)


@pytest.mark.parametrize(
    ("sizes", "problem"),
    [
        ([(20, 20)], "0 cannot be used"),
        ([(20, 20), (4, 90), (5, 5)], "2 cannot be used, such as 01.png: 90x4 pixels is too small; use a"),
        ([(2, 2), (4, 90)], "2 cannot be used, such as 00.png: 2x2 pixels"),
    ],
)
def test_fewer_than_two_are_refused(made_folder, sizes, problem):
    folder, _ = made_folder(*sizes)
    with pytest.raises(DataError) as refusal:
        readable(sorted(folder.iterdir()))
    assert str(refusal.value).startswith(f"{folder}: holds fewer than two readable pictures; {problem}")
    assert len(str(refusal.value).splitlines()) == 1


def test_the_refusal_names_the_folder_of_all(tmp_path):
    with pytest.raises(DataError) as refusal:
        readable([tmp_path / "a" / "b" / "1.png", tmp_path / "a" / "2.png"])
    assert refusal.value.path == str(tmp_path / "a")


def test_nothing_is_refused_as_well():
    with pytest.raises(DataError, match="0 cannot be used"):
        readable([])


def test_the_order_is_that_of_the_files():
    def look(path):
        if path.stem == "odd":
            raise LiftveilError(f"{path}: is odd")
        return path.name

    paths = [Path(name) for name in ("c", "odd", "a", "b/odd", "b")]
    assert examine(paths, look) == (["c", "a", "b"], [(Path("odd"), "is odd"), (Path("b/odd"), "is odd")])


def test_several_files_are_looked_at_at_once(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    together = threading.Barrier(3, timeout=60)
    assert len(examine([Path("a")] * 9, lambda _: together.wait())[0]) == 9


def test_mistakes_of_our_own_are_not_taken_for_bad_files():
    with pytest.raises(ZeroDivisionError):
        examine([Path("a")], lambda _: 1 / 0)


def test_the_least_side_is_that_of_the_models():
    assert LEAST_PX == LEAST_OF_MODELS
