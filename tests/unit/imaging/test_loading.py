import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, PngImagePlugin

from liftveil.errors import UnreadablePicture
from liftveil.exact import compress_lossless
from liftveil.imaging.loading import loaded_content, loaded_file, loaded_image

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


def test_images_of_callers_stay_as_they_are(path):
    write(path, Image.fromarray(RGBA[..., :3].copy()), "TIFF", exif=turned_exif())
    with Image.open(path) as image:
        for _ in range(2):
            with loaded_image(image, "stego") as loaded:
                assert loaded.turned == 6
                assert loaded.colours.size == (6, 8)
        assert image.getexif()[ExifTags.Base.Orientation] == 6
        np.testing.assert_array_equal(np.array(image), np.rot90(RGBA[..., :3], -1))


def test_of_a_callers_frames_the_current_one_is_taken(path):
    frames = [Image.fromarray(np.full((4, 6, 3), level, np.uint8)) for level in (10, 20, 30)]
    write(path, frames[0], "TIFF", save_all=True, append_images=frames[1:], exif=turned_exif())
    with Image.open(path) as image:
        image.seek(1)
        with loaded_image(image, "stego") as loaded:
            assert np.asarray(loaded.colours).max() == 20


def test_content_is_loaded_as_a_file_is(path):
    write(path, Image.fromarray(RGBA), "PNG")
    content = Path(path).read_bytes()
    with loaded_content(content, "stego.png") as loaded:
        assert loaded.name == "stego.png"
        np.testing.assert_array_equal(loaded.alpha_u8, RGBA[..., 3])
    with pytest.raises(UnreadablePicture, match=r"stego\.png: "), loaded_content(content[:50], "stego.png"):
        pass


@pytest.mark.parametrize("used", [False, True])
def test_jpeg_xl_is_refused_whether_the_exact_carrier_was_used_before_or_not(path, used):
    content = compress_lossless(RGBA[..., :3].copy()).data
    code = (
        "from liftveil.exact import compress_lossless; import numpy; compress_lossless(numpy.ones((4, 4, 3), 'uint8'));"
    )
    Path(path).write_bytes(content)
    read = f"from liftveil.imaging import read_picture; read_picture({path!r})"
    finished = subprocess.run([sys.executable, "-c", code * used + read], capture_output=True, text=True, check=False)
    assert finished.stderr.splitlines()[-1].endswith(f"{path}: is JPEG XL, which is not read here; save it as PNG")
