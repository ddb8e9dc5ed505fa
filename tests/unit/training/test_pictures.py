"""The validation picture: what the files would show, in five panels."""

import errno
import os

import numpy as np
import pytest

from liftveil.errors import OutputNotWritten
from liftveil.imaging import amplified_difference, read_picture
from liftveil.metrics import psnr
from liftveil.training import pictures
from liftveil.training.pictures import save_validation_picture, validation_picture
from liftveil.training.validation import through_files


@pytest.fixture
def pair(made_up):
    return made_up(3)


@pytest.fixture
def made_up():
    """Build a cover and a secret of 20x26 pixels."""

    def build(channels):
        rng = np.random.default_rng(1)
        shapes = (20, 26, 3), (20, 26, channels)
        return tuple(rng.integers(0, 256, shape, dtype=np.uint8) for shape in shapes)

    return build


@pytest.fixture
def panels(monkeypatch):
    """Captions and pixels as they are laid out."""
    laid = []
    side_by_side = pictures.side_by_side

    def spy(given):
        laid.extend(given)
        return side_by_side(given)

    monkeypatch.setattr(pictures, "side_by_side", spy)
    return laid


@pytest.mark.parametrize("channels", [3, 1])
def test_it_shows_what_sender_and_receiver_see(tiny_config, stirred, made_up, panels, channels):
    model = stirred(tiny_config(model={"secret_channels": channels}))
    cover, secret = made_up(channels)
    picture = validation_picture(model, (cover, secret))
    stego, recovered = through_files(model, cover, secret)
    captions, pixels = zip(*panels, strict=True)
    assert captions == (
        "cover",
        f"stego {psnr(cover, stego):.1f} dB",
        "difference x20",
        "secret",
        f"recovered {psnr(secret, recovered):.1f} dB",
    )
    expected = [cover, stego, amplified_difference(cover, stego), secret, recovered]
    for panel, right in zip(pixels, expected, strict=True):
        assert np.array_equal(panel, right)
    assert (picture.dtype, picture.ndim, picture.shape[2]) == (np.uint8, 3, 3)
    assert picture.shape[1] > 5 * 26


def test_the_file_holds_the_picture_and_replaces_an_older_one(tiny_config, stirred, pair, tmp_path):
    path = tmp_path / "step.png"
    path.write_text("older")
    picture = save_validation_picture(stirred(tiny_config()), pair, path)
    assert np.array_equal(read_picture(path).rgb_u8, picture)
    assert np.array_equal(picture, validation_picture(stirred(tiny_config()), pair))
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_keeps_the_older_one(tiny_config, stirred, pair, tmp_path, monkeypatch):
    def refuse(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "step.png"
    path.write_text("older")
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OutputNotWritten, match="the disk is full") as refusal:
        save_validation_picture(stirred(tiny_config()), pair, path)
    assert refusal.value.path == str(path)
    assert path.read_text() == "older"
