"""Pictures for a page are small, complete, and readable by any decoder."""

from base64 import b64decode
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from liftveil.plotting import Images
from liftveil.research.thumbnails import GAIN, inline_svg, thumbnails

CAPTIONS = ["cover", "stego", "difference x 20", "secret", "recovered", "its difference x 20"]


def opened(uri, kind):
    head, content = uri.split(",", 1)
    assert head == f"data:{kind};base64"
    return b64decode(content, validate=True)


@pytest.fixture
def files(tmp_path, cropped):
    cover, secret = cropped(90, 60)
    found = {"cover": cover, "secret": secret, "stego": cover ^ 1, "recovered": secret ^ 2}
    for role, pixels in found.items():
        Image.fromarray(pixels).save(tmp_path / f"{role}.png")
    return {role: tmp_path / f"{role}.png" for role in found}


@pytest.mark.parametrize(("width_px", "size"), [(45, (45, 30)), (90, (90, 60)), (400, (90, 60))])
def test_sizes_are_kept_or_made_smaller(files, width_px, size):
    row = thumbnails(files, width_px=width_px)
    assert [picture.caption for picture in row] == CAPTIONS
    for picture in row:
        with Image.open(BytesIO(opened(picture.source, "image/jpeg"))) as image:
            assert image.size == (picture.width, picture.height) == size


def test_each_shows_what_its_caption_says(files):
    row = thumbnails(files, width_px=400)
    shown = [np.asarray(Image.open(BytesIO(opened(picture.source, "image/jpeg")))).astype(int) for picture in row]
    pixels = {role: np.asarray(Image.open(path)).astype(int) for role, path in files.items()}
    expected = [
        *(pixels[role] for role in ("cover", "stego")),
        np.minimum(GAIN * np.abs(pixels["stego"] - pixels["cover"]), 255),
        *(pixels[role] for role in ("secret", "recovered")),
        np.minimum(GAIN * np.abs(pixels["recovered"] - pixels["secret"]), 255),
    ]
    errors = [np.abs(picture - truth).mean() for picture, truth in zip(shown, expected, strict=True)]
    assert max(errors) < 5  # of JPEG


def test_grey_pictures_are_shown_too(files):
    for role in ("secret", "recovered"):
        with Image.open(files[role]) as picture:
            picture.convert("L").save(files[role])
    assert len(thumbnails(files, width_px=50)) == 6


def test_figures_are_inline_svg():
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
    content = opened(inline_svg(Images(svg, b"png")), "image/svg+xml")
    assert content == svg
    assert ElementTree.fromstring(content).tag.endswith("svg")
