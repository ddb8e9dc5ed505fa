"""Files and folders of pictures: what is measured of them, and what is told of those that cannot be."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from liftveil.comparison import Problem, compare, evaluate_secret, evaluate_stego
from liftveil.errors import DataError, PictureSizeError, UnreadablePicture
from liftveil.errors import PictureError as RefusedPicture
from liftveil.metrics import effective_bpp

BOTH = [evaluate_stego, evaluate_secret]


def pixels(path):
    return np.asarray(Image.open(path).convert("RGB"))


@pytest.mark.parametrize("evaluate", BOTH)
def test_two_files_are_compared_in_rgb(evaluate, saved):
    first, second = saved("a.png", 0), saved("x/b.bmp", 1)
    found = evaluate(str(first), second)
    [row] = found.rows
    expected = compare(pixels(first), pixels(second))
    assert {key: row[key] for key in expected} == expected
    assert found.pairs == [("a.png / b.bmp", first, second)]
    assert (found.problems, found.notices, found.counts) == ([], [], "evaluated 1 pair")
    found.require_complete()


def test_files_of_stegos_have_their_bits_per_pixel(saved):
    cover, stego = saved("cover.bmp", 0), saved("stego.png", 1)
    found = evaluate_stego(cover, stego)
    assert found.roles == ("cover", "stego")
    assert found.rows[0]["file_bpp"] == len(stego.read_bytes()) * 8 / (16 * 20)
    assert found.rows[0]["cover_file_bpp"] == len(cover.read_bytes()) * 8 / (16 * 20)
    assert found.rows[0]["file_bpp"] != found.rows[0]["cover_file_bpp"]


def test_secrets_have_bits_that_come_through(saved):
    secret = saved("secret.png", 0)
    recovered = saved("recovered.png", pixels(secret) ^ 5)
    found = evaluate_secret(secret, recovered)
    assert found.roles == ("secret", "recovered")
    assert (found.rows[0]["bpp"], found.rows[0]["effective_bpp"]) == (24, 18)
    assert "file_bpp" not in found.rows[0]


@pytest.mark.parametrize("channels", [1, 3])
def test_grey_secrets_have_eight_bits_in_whatever_kind_of_file(saved, channels):
    secret = saved("secret.png", 0, (16, 20))
    grey = np.asarray(Image.open(secret))
    noisy = grey ^ np.random.default_rng(2).integers(0, 2, grey.shape, np.uint8)
    recovered = saved("recovered.png", noisy if channels == 1 else np.dstack([noisy] * 3))
    [row] = evaluate_secret(secret, recovered).rows
    assert row["bpp"] == 8
    assert row["effective_bpp"] == pytest.approx(effective_bpp(grey, noisy))
    assert 7 < row["effective_bpp"] < 7.1
    assert row["mse"] == pytest.approx(0.5, abs=0.1)


def test_a_grey_secret_that_comes_back_coloured_keeps_at_most_eight_bits(saved):
    secret = saved("secret.png", 0, (16, 20))
    recovered = pixels(secret).copy()
    recovered[..., 1] ^= 128 + 64 + 32
    [row] = evaluate_secret(secret, saved("recovered.png", recovered)).rows
    assert (row["bpp"], row["effective_bpp"]) == (8, 7)


def test_only_what_changed_pixels_is_noted(saved, tmp_path):
    plain = saved("plain.png", 0)
    Image.open(plain).save(tmp_path / "tagged.png", exif=Image.Exif())
    tagged = tmp_path / "tagged.png"
    image = Image.open(plain)
    image.getexif()[0x010E] = "a description"
    image.save(tagged, exif=image.getexif())
    assert evaluate_stego(tagged, plain).notices == []
    deep = tmp_path / "deep.png"
    Image.fromarray(np.full((16, 20), 1000, np.uint16)).save(deep)
    [notice] = evaluate_stego(plain, deep).notices
    assert notice.startswith(f"{deep}: ")
    assert "16" in notice


@pytest.fixture
def folders(saved, tmp_path):
    """Two folders: two good pairs, and one of each trouble."""
    for number, name in enumerate(("a.png", "sub/b.png", "broken.png", "empty.png", "size.png", "small.png")):
        shape = (9, 20, 3) if name == "small.png" else (16, 20, 3)
        saved(f"r/{name}", number, shape)
        saved(f"p/{name}", number + 100, shape)
    saved("p/size.png", 5, (20, 16, 3))
    broken = tmp_path / "p/broken.png"
    broken.write_bytes(broken.read_bytes()[:-200])
    (tmp_path / "r/empty.png").write_bytes(b"")
    saved("r/lonely.png", 7)
    saved("p/twice.png", 8)
    saved("p/twice.bmp", 8)
    return tmp_path / "r", tmp_path / "p"


@pytest.mark.parametrize("evaluate", BOTH)
def test_folders_tell_of_every_trouble_and_evaluate_the_rest(evaluate, folders):
    r, p = folders
    found = evaluate(r, p)
    assert [pair.name for pair in found.pairs] == ["a", "sub/b"]
    for pair, row in zip(found.pairs, found.rows, strict=True):
        expected = compare(pixels(pair.reference), pixels(pair.picture))
        assert {key: row[key] for key in expected} == expected
    reasons = dict(found.problems)
    assert list(reasons) == ["broken", "empty", "lonely", "size", "small", "twice"]
    assert reasons["broken"].startswith(f"{p}/broken.png: damaged or truncated")
    assert reasons["empty"].startswith(f"{r}/empty.png: the file is empty")
    assert reasons["lonely"] == f"{r}/lonely.png has no partner in {p}"
    assert reasons["size"].startswith(f"{p}/size.png: 16x20 pixels, but {r}/size.png has 20x16")
    assert reasons["small"].startswith(f"{p}/small.png: 20x9 pixels is too small")
    assert reasons["twice"].startswith(f"{p}/twice.bmp and {p}/twice.png have the same name")
    assert all(first < second for first, second in pairwise(found.problems))


def test_an_incomplete_evaluation_says_how_many_are_missing(folders):
    found = evaluate_stego(*folders)
    assert found.counts == "evaluated 2 pairs; 6 could not be evaluated"
    with pytest.raises(DataError, match="evaluated 2 pairs; 6 could not be evaluated") as refusal:
        found.require_complete()
    assert refusal.value.path == str(folders[1])


def test_there_may_be_nothing_to_evaluate(saved):
    r, p = saved("r/a.png", 0).parent, saved("p/b.png", 0).parent
    found = evaluate_secret(r, p)
    assert (found.pairs, found.rows) == ([], [])
    assert found.problems == [
        Problem("a", f"{r}/a.png has no partner in {p}"),
        Problem("b", f"{p}/b.png has no partner in {r}"),
    ]
    with pytest.raises(DataError, match="evaluated 0 pairs; 2 could not be evaluated"):
        found.require_complete()


@pytest.mark.parametrize("evaluate", BOTH)
class TestFilesAreRefused:
    def test_of_different_sizes(self, evaluate, saved):
        # the same number of pixels
        first, second = saved("a.png", 0), saved("b.png", 1, (20, 16, 3))
        with pytest.raises(RefusedPicture, match=r"b\.png: 16x20 pixels, but .*a\.png has 20x16") as refusal:
            evaluate(first, second)
        assert refusal.value.path == str(second)

    def test_that_are_too_small_for_the_window(self, evaluate, saved):
        first, second = saved("a.png", 0, (10, 30, 3)), saved("b.png", 1, (10, 30, 3))
        with pytest.raises(PictureSizeError, match="30x10 pixels is too small; use a picture of at least 11x11"):
            evaluate(first, second)

    def test_that_are_missing(self, evaluate, saved, tmp_path):
        path = saved("a.png", 0)
        for pair in ((path, tmp_path / "missing.png"), (tmp_path / "missing.png", path)):
            with pytest.raises(UnreadablePicture, match=r"missing\.png: no such file"):
                evaluate(*pair)

    def test_beside_a_folder(self, evaluate, saved):
        path = saved("folder/a.png", 0)
        for pair in ((path, path.parent), (path.parent, path)):
            with pytest.raises(DataError, match="give two pictures or two folders"):
                evaluate(*pair)
