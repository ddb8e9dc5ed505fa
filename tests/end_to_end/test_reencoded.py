"""Only the pixels of a stego matter: whoever writes them anew without loss carries the secret on, bit for bit."""

from io import BytesIO

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

import liftveil


def exif(orientation):
    tags = Image.Exif()
    tags[ExifTags.Base.Orientation] = orientation
    return tags


def strange_profile():
    """A profile that exchanges red and green: whoever applied it would change every pixel."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"?XYZ").replace(b"gXYZ", b"rXYZ").replace(b"?XYZ", b"gXYZ")


def words():
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "looks like any other")
    return info


ENCODINGS = {
    "png, not compressed": ("PNG", {"compress_level": 0}),
    "png, compressed most": ("PNG", {"optimize": True}),
    "png with words": ("PNG", {"pnginfo": words()}),
    "png with an ICC profile": ("PNG", {"icc_profile": strange_profile()}),
    "png with gamma and resolution": ("PNG", {"dpi": (300, 300)}),
    **{f"png turned by EXIF to {turn}": ("PNG", {"exif": exif(turn)}) for turn in (2, 3, 6, 8)},
    "webp, lossless": ("WEBP", {"lossless": True}),
    "webp, lossless, with all extras": (
        "WEBP",
        {"lossless": True, "icc_profile": strange_profile(), "exif": exif(6)},
    ),
    "tiff, not compressed": ("TIFF", {}),
    "tiff, LZW": ("TIFF", {"compression": "tiff_lzw"}),
    "tiff, deflate, with an ICC profile": (
        "TIFF",
        {"compression": "tiff_adobe_deflate", "icc_profile": strange_profile()},
    ),
    **{f"tiff turned to {turn}": ("TIFF", {"tiffinfo": {274: turn}}) for turn in (2, 3, 6, 8)},
    "bmp": ("BMP", {}),
    "ppm": ("PPM", {}),
    "tga": ("TGA", {"compression": "tga_rle"}),
    "jpeg 2000, reversible": ("JPEG2000", {"irreversible": False}),
}


@pytest.fixture(scope="module")
def stego(cropped):
    return liftveil.embed(*cropped(61, 47))


@pytest.fixture(scope="module")
def recovered(stego):
    return liftveil.extract(stego)


def written(image, format_name, **options):
    buffer = BytesIO()
    image.save(buffer, format_name, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ENCODINGS)
def test_pixels_alone_matter(stego, recovered, tmp_path, name):
    format_name, options = ENCODINGS[name]
    path = tmp_path / "stego"
    path.write_bytes(written(Image.fromarray(stego), format_name, **options))
    np.testing.assert_array_equal(liftveil.extract(path), recovered)


@pytest.mark.parametrize("opacity", [255, 128, 0])
def test_opacity_added_later_does_not_matter(stego, recovered, tmp_path, opacity):
    image = Image.fromarray(np.dstack([stego, np.full(stego.shape[:2], opacity, np.uint8)]))
    image.save(tmp_path / "stego.png")
    np.testing.assert_array_equal(liftveil.extract(tmp_path / "stego.png"), recovered)


def test_deeper_samples_of_the_same_levels_do_not_matter(tmp_path):
    gray = np.arange(40 * 32, dtype=np.uint16).reshape(32, 40) % 256
    Image.fromarray(gray * 257).save(tmp_path / "deep.png")
    flat = np.repeat(gray.astype(np.uint8)[..., None], 3, axis=2)
    with pytest.warns(liftveil.LiftveilNotice, match="16-bit values rounded to 8 bits"):
        deep = liftveil.extract(tmp_path / "deep.png")
    np.testing.assert_array_equal(deep, liftveil.extract(flat))


def test_the_profile_would_have_changed_pixels(stego, tmp_path):
    (tmp_path / "cover.png").write_bytes(written(Image.fromarray(stego), "PNG", icc_profile=strange_profile()))
    with pytest.warns(liftveil.LiftveilNotice) as recorded:
        liftveil.embed(tmp_path / "cover.png", stego)
    assert any("colours converted to sRGB from the profile" in str(notice.message) for notice in recorded)


def test_one_changed_level_changes_what_comes_back(stego, recovered):
    changed = stego.copy()
    changed[20, 20, 1] ^= 1
    assert (liftveil.extract(changed) != recovered).any()
