from io import BytesIO

import numpy as np
import pytest
from PIL import ExifTags, Image, PngImagePlugin

from liftveil.errors import UnreadablePicture
from liftveil.imaging.loading import loaded_file, loaded_image

from .crafted import png_of

RANDOM = np.random.default_rng(23)
RGBA = RANDOM.integers(0, 256, (6, 8, 4), dtype=np.uint8)


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "x")


def write(path, image, format_name, **options):
    image.save(path, format_name, **options)


def turned_exif():
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    return exif


def test_channels_are_those_of_the_file(path):
    write(path, Image.fromarray(RGBA, "CMYK"), "TIFF")
    with loaded_file(path) as loaded:
        assert loaded.colours.mode == "CMYK"
        np.testing.assert_array_equal(np.asarray(loaded.colours), RGBA)
        assert (loaded.alpha_u8, loaded.name, loaded.lossy_format) == (None, path, None)


def test_alpha_is_apart(path):
    write(path, Image.fromarray(RGBA), "PNG")
    with loaded_file(path) as loaded:
        np.testing.assert_array_equal(np.asarray(loaded.colours), RGBA[..., :3])
        np.testing.assert_array_equal(loaded.alpha_u8, RGBA[..., 3])


@pytest.mark.parametrize(("format_name", "turned"), [("TIFF", 6), ("PNG", 1), ("JPEG", 1)])
def test_only_what_pillow_has_turned_counts_as_turned(path, format_name, turned):
    write(path, Image.fromarray(RGBA[..., :3].copy()), format_name, exif=turned_exif())
    with loaded_file(path) as loaded:
        assert loaded.turned == turned
        assert loaded.colours.size == ((6, 8) if turned == 6 else (8, 6))


def test_remarks_on_frames_and_depth_come_in_order(path):
    frames = [Image.new("F", (2, 2), value) for value in (0.25, 0.5)]
    write(path, frames[0], "TIFF", save_all=True, append_images=frames[1:])
    with loaded_file(path) as loaded:
        assert loaded.remarks == (
            "only the first of 2 frames used",
            "floating-point values in 0..1 scaled to 8 bits",
        )


def test_layers_are_no_frames(path, monkeypatch):
    write(path, Image.fromarray(RGBA), "PNG", save_all=True, append_images=[Image.new("RGBA", (8, 6))])
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "format", "PSD")
    with loaded_file(path) as loaded:
        assert loaded.remarks == (None, None)


def test_error_in_the_block_is_told_as_one_of_the_picture(path):
    write(path, Image.fromarray(RGBA), "PNG")
    with pytest.raises(UnreadablePicture, match=r"damaged or truncated \(odd\)"), loaded_file(path):
        raise ValueError("odd")


def test_image_of_16_bits_is_loaded_without_its_file():
    image = Image.open(BytesIO(png_of(np.full((2, 2, 3), 767, np.uint16))))
    with loaded_image(image, "cover") as loaded:
        assert np.asarray(loaded.colours).max() == 2
        assert loaded.remarks == (None, "reduced from 16 to 8 bits by the decoder")
        assert loaded.name == "cover"


def test_loaded_tiff_counts_as_not_turned(path):
    write(path, Image.fromarray(RGBA), "TIFF", exif=turned_exif())
    with Image.open(path) as image:
        image.load()
        with loaded_image(image, "cover") as loaded:
            assert loaded.turned == 1
