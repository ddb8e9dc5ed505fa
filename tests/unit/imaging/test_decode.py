import os
import warnings
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageFile

from liftveil.errors import PictureError, ShapeError, UnreadablePicture
from liftveil.imaging.decode import picture_from, read_picture, read_stego, stego_from

from .crafted import PNG_SIGNATURE, adobe_rgb_profile, cmyk_profile, png_chunk, png_header, png_of, tiff_of

RANDOM = np.random.default_rng(19)
RGB = RANDOM.integers(0, 256, (14, 10, 3), dtype=np.uint8)
ALPHA = RANDOM.integers(0, 256, (14, 10), dtype=np.uint8)
# Smooth, so that JPEG keeps it to within a few levels.
SLOPE = np.add.outer(np.arange(32) * 5, np.arange(48) * 2)[..., np.newaxis].repeat(3, axis=2).astype(np.uint8)


@pytest.fixture
def saved(tmp_path):
    """Save an image, or write bytes, under a name in the test's folder; give the path as text."""

    def save(name, content, **options):
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            content.save(path, **options)
        return str(path)

    return save


def exif_of(orientation=1, *, gps=False):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    if gps:
        position = {1: "N", 2: (48.0, 51.0, 30.0)}
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(position)
        exif[ExifTags.Base.GPSInfo] = position
    return exif


def test_plain_file_gives_its_pixels_and_no_notice(saved):
    path = saved("x.png", Image.fromarray(RGB))
    picture = read_picture(path)
    np.testing.assert_array_equal(picture.rgb_u8, RGB)
    assert (picture.alpha_u8, picture.name, picture.notices, picture.lossy_format) == (None, path, (), None)


@pytest.mark.parametrize("as_given", ["x.png", "./x.png", Path("x.png"), b"x.png"])
def test_name_is_the_path_as_given(saved, monkeypatch, tmp_path, as_given):
    saved("x.png", Image.fromarray(RGB), icc_profile=b"?")
    monkeypatch.chdir(tmp_path)
    picture = read_picture(as_given)
    assert picture.name == os.fsdecode(as_given)
    assert all(notice.startswith(f"{picture.name}: ") for notice in picture.notices)
    assert len(picture.notices) == 2


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
def test_colours_below_alpha_stay_as_stored(saved, suffix):
    rgba = np.dstack([RGB, np.where(ALPHA < 128, 0, ALPHA).astype(np.uint8)])
    options = {"lossless": True, "exact": True} if suffix == ".webp" else {}
    picture = read_picture(saved(f"x{suffix}", Image.fromarray(rgba), **options))
    np.testing.assert_array_equal(picture.rgb_u8, RGB)
    np.testing.assert_array_equal(picture.alpha_u8, rgba[..., 3])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_every_format_comes_upright(saved, suffix, orientation):
    # Only the top left corner is bright once the picture is upright.
    upright = np.zeros((32, 48, 3), np.uint8)
    upright[:16, :16] = 255
    back = {6: 8, 8: 6}.get(orientation, orientation)
    stored = Image.fromarray(upright)
    if orientation > 1:
        turns = ["FLIP_LEFT_RIGHT", "ROTATE_180", "FLIP_TOP_BOTTOM", "TRANSPOSE", "ROTATE_270", "TRANSVERSE"]
        stored = stored.transpose(Image.Transpose[[*turns, "ROTATE_90"][back - 2]])
    picture = read_picture(saved(f"x{suffix}", stored, exif=exif_of(orientation)))
    assert np.abs(picture.rgb_u8.astype(int) - upright).max() < 40
    turned = tuple(f"{picture.name}: turned upright as its EXIF orientation asks" for _ in range(orientation > 1))
    assert picture.notices == turned


def test_alpha_is_turned_with_its_colours(saved):
    path = saved("x.png", Image.fromarray(np.dstack([RGB, ALPHA])), exif=exif_of(6))
    picture = read_picture(path)
    np.testing.assert_array_equal(picture.rgb_u8, np.rot90(RGB, -1))
    np.testing.assert_array_equal(picture.alpha_u8, np.rot90(ALPHA, -1))


def test_photograph_from_a_phone(saved):
    path = saved("x.jpg", Image.fromarray(SLOPE), exif=exif_of(6, gps=True), comment="hello", quality=95)
    picture = read_picture(path)
    assert (picture.width, picture.height) == (32, 48)
    assert np.abs(picture.rgb_u8.astype(int) - np.rot90(SLOPE, -1)).max() < 10
    assert picture.lossy_format == "JPEG"
    assert picture.notices == (
        f"{path}: turned upright as its EXIF orientation asks",
        f"{path}: EXIF with GPS position, comment not carried over",
    )


def test_wide_colours_are_converted_and_both_facts_told(saved):
    path = saved("x.png", Image.new("RGB", (2, 2), (0, 200, 0)), icc_profile=adobe_rgb_profile())
    picture = read_picture(path)
    assert picture.rgb_u8[0, 0, 1] > 200
    assert picture.notices == (
        f"{path}: colours converted to sRGB from the profile 'Wide test space'",
        f"{path}: ICC profile not carried over",
    )


def test_profile_that_cannot_be_unpacked_is_told(saved):
    damaged = png_chunk(b"iCCP", b"name\0\0not deflated")
    picture = read_picture(saved("x.png", png_of(RGB, damaged)))
    np.testing.assert_array_equal(picture.rgb_u8, RGB)
    assert [notice.split(": ")[1] for notice in picture.notices] == [
        "colour profile not usable (cannot open profile from string), colours taken as sRGB"
    ]


def test_cmyk_jpeg_with_and_without_profile(saved):
    inks = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    plain = read_picture(saved("plain.jpg", inks))
    profiled = read_picture(saved("profiled.jpg", inks, icc_profile=cmyk_profile("Odd inks", (50, 60, 40))))
    assert np.abs(plain.rgb_u8[8, 8].astype(int) - (0, 255, 255)).max() < 5
    assert plain.notices == (f"{plain.name}: CMYK colours converted without a profile, so only roughly right",)
    assert np.abs(profiled.rgb_u8[8, 8].astype(int) - (214, 61, 56)).max() < 5
    assert "from the profile 'Odd inks'" in profiled.notices[0]


def test_16_bit_grey_does_not_turn_white(saved):
    path = saved("x.png", png_of(np.array([[0, 386, 32768, 65535]], np.uint16)))
    picture = read_picture(path)
    assert picture.rgb_u8.tolist() == [[[0] * 3, [2] * 3, [128] * 3, [255] * 3]]
    assert picture.notices == (f"{path}: 16-bit values rounded to 8 bits",)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bit_colours_are_rounded_from_a_real_file(saved, suffix):
    samples = RANDOM.integers(0, 65536, (6, 7, 4), dtype=np.uint16)
    encode = png_of if suffix == ".png" else lambda values: tiff_of(values, deflate=True)
    picture = read_picture(saved(f"x{suffix}", encode(samples)))
    expected = np.rint(samples / 257).astype(np.uint8)
    np.testing.assert_array_equal(picture.rgb_u8, expected[..., :3])
    np.testing.assert_array_equal(picture.alpha_u8, expected[..., 3])
    assert picture.notices == (f"{picture.name}: 16-bit values rounded to 8 bits",)


def test_jpeg2000_of_12_bits_says_who_reduced_it(saved):
    data = bytearray(saved_bytes(Image.fromarray(RGB), "JPEG2000", no_jp2=True))
    start = data.index(b"\xff\x4f\xff\x51") + 42
    data[start : start + 9 : 3] = b"\x0b\x0b\x0b"
    path = saved("x.j2k", bytes(data))
    assert f"{path}: reduced from 12 to 8 bits by the decoder" in read_picture(path).notices


def saved_bytes(image, format_name, **options):
    buffer = BytesIO()
    image.save(buffer, format_name, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [
        ("1", ".png"),
        ("L", ".png"),
        ("LA", ".png"),
        ("P", ".png"),
        ("P", ".gif"),
        ("L", ".jpg"),
        ("LAB", ".tif"),
    ],
)
def test_other_modes_come_as_rgb(saved, mode, suffix):
    grey = Image.fromarray(np.full((6, 5, 3), 255, np.uint8))
    image = Image.new("LAB", (5, 6), (255, 128, 128)) if mode == "LAB" else grey.convert(mode)
    picture = read_picture(saved(f"x{suffix}", image))
    assert picture.rgb_u8.shape == (6, 5, 3)
    assert picture.rgb_u8.min() >= 254


def test_palette_with_transparency(saved):
    image = Image.fromarray(np.array([[0, 1]], np.uint8), "P")
    image.putpalette([10, 20, 30, 40, 50, 60])
    picture = read_picture(saved("x.png", image, transparency=b"\x00\x80"))
    assert picture.rgb_u8.tolist() == [[[10, 20, 30], [40, 50, 60]]]
    assert picture.alpha_u8.tolist() == [[0, 128]]


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp", ".tif"])
def test_first_frame_is_taken_and_the_others_told(saved, suffix):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
    options = {"lossless": True} if suffix == ".webp" else {}
    path = saved(f"x{suffix}", frames[0], save_all=True, append_images=frames[1:], **options)
    picture = read_picture(path)
    assert picture.rgb_u8[0, 0].tolist() == [255, 0, 0]
    assert picture.notices == (f"{path}: only the first of 3 frames used",)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.png", b"", "the file is empty; get a complete copy of it"),
        ("x.png", b"only words", "is no picture, or its beginning is damaged; use a PNG, JPEG, TIFF or WebP"),
        ("x.png", saved_bytes(Image.fromarray(RGB), "PNG")[:-60], "damaged or truncated"),
        ("x.jpg", saved_bytes(Image.fromarray(SLOPE), "JPEG")[:-60], "damaged or truncated"),
        ("x.webp", saved_bytes(Image.fromarray(RGB), "WEBP")[:-60], "damaged or truncated"),
        ("x.tif", saved_bytes(Image.fromarray(RGB), "TIFF", compression="tiff_lzw")[:100], ""),
        ("x.gif", saved_bytes(Image.fromarray(RGB), "GIF")[:-60], "damaged or truncated"),
        ("x.bmp", saved_bytes(Image.fromarray(RGB), "BMP")[:-60], "damaged or truncated"),
    ],
)
def test_damaged_files_are_refused_in_one_line(saved, name, content, words):
    path = saved(name, content)
    with pytest.raises(UnreadablePicture) as refusal:
        read_picture(path)
    assert str(refusal.value).startswith(f"{path}: ")
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert refusal.value.path == path


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP", "JPEG2000", "AVIF"])
def test_no_cut_makes_another_error(saved, format_name):
    data = saved_bytes(Image.fromarray(RGB), format_name)
    outcomes = set()
    for length in np.linspace(1, len(data) - 1, 12).astype(int):
        try:
            outcomes.add(read_picture(saved("x", data[:length])).rgb_u8.shape)
        except UnreadablePicture:
            outcomes.add("refused")
    assert "refused" in outcomes
    assert outcomes <= {"refused", RGB.shape}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("none.png", "no such file; check the path"),
        ("file/x.png", "no such file; check the path"),
        (".", "is a folder; give the path of one picture"),
        ("a\0b.png", "damaged or truncated"),
    ],
)
def test_what_is_no_file_is_refused(tmp_path, monkeypatch, path, words):
    monkeypatch.chdir(tmp_path)
    Path("file").write_bytes(b"1")
    with pytest.raises(UnreadablePicture, match=words) as refusal:
        read_picture(path)
    assert refusal.value.path == path


def test_file_that_may_not_be_read_is_refused(saved, monkeypatch):
    path = saved("x.png", Image.fromarray(RGB))

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UnreadablePicture, match=r"x\.png: permission denied; make the file readable"):
        read_picture(path)


def bomb(width, height):
    """A PNG that announces a size, with nearly nothing in it."""
    data = png_chunk(b"IDAT", b"\x78\x9c\x03\x00") + png_chunk(b"IEND", b"")
    return PNG_SIGNATURE + png_header(width, height, 8, 2) + data


@pytest.mark.parametrize("size", [(60000, 60000), (178_956_971, 1)])
def test_bombs_are_refused(saved, size):
    with pytest.raises(UnreadablePicture, match="has more than 178 million pixels; scale it down first"):
        read_picture(saved("x.png", bomb(*size)))


def test_size_at_which_pillow_only_warns_is_read(saved, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    path = saved("x.png", Image.fromarray(RGB))
    assert 100 < RGB.shape[0] * RGB.shape[1] <= 200
    with pytest.warns(Image.DecompressionBombWarning):
        picture = read_picture(path)
    np.testing.assert_array_equal(picture.rgb_u8, RGB)


def test_our_limit_holds_when_pillows_is_switched_off(saved, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    with pytest.raises(UnreadablePicture, match="more than 178 million pixels"):
        read_picture(saved("x.png", bomb(60000, 60000)))


def test_nothing_global_is_changed(saved):
    def state():
        return Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters)

    before = state()
    read_picture(saved("x.png", Image.fromarray(RGB)))
    with pytest.raises(UnreadablePicture):
        read_picture(saved("y.png", b"words"))
    assert state() == before


def test_file_is_closed_again(saved):
    """An open file would raise ResourceWarning, which the test run turns into an error."""
    path = saved("x.png", Image.fromarray(RGB))
    opened = []
    with pytest.MonkeyPatch.context() as patch:
        plain = Path.open
        patch.setattr(Path, "open", lambda *a, **k: opened.append(plain(*a, **k)) or opened[-1])
        read_picture(path)
    assert [file.closed for file in opened] == [True]


class TestPictureFrom:
    @pytest.mark.parametrize("form", [str, Path])
    def test_paths_are_read(self, saved, form):
        path = form(saved("x.png", Image.fromarray(RGB)))
        picture = picture_from(path, role="cover")
        np.testing.assert_array_equal(picture.rgb_u8, RGB)
        assert picture.name == str(path)

    def test_pil_image_in_memory(self):
        picture = picture_from(Image.fromarray(np.dstack([RGB, ALPHA])), role="cover")
        np.testing.assert_array_equal(picture.rgb_u8, RGB)
        np.testing.assert_array_equal(picture.alpha_u8, ALPHA)
        assert (picture.name, picture.notices, picture.lossy_format) == ("cover", (), None)

    def test_pil_image_from_a_file_tells_the_same_as_the_file(self, saved):
        path = saved("x.jpg", Image.fromarray(SLOPE), exif=exif_of(6, gps=True))
        with Image.open(path) as image:
            picture = picture_from(image, role="cover")
        from_file = read_picture(path)
        np.testing.assert_array_equal(picture.rgb_u8, from_file.rgb_u8)
        assert picture.notices == tuple(notice.replace(path, "cover") for notice in from_file.notices)
        assert picture.lossy_format == "JPEG"

    def test_pil_image_is_not_changed(self):
        image = Image.fromarray(np.array([[0, 1]], np.uint8), "P")
        image.putpalette([10, 20, 30, 40, 50, 60])
        image.info["transparency"] = 0
        before = (image.mode, image.tobytes(), dict(image.info))
        picture = picture_from(image, role="cover")
        picture.rgb_u8[:] = 0
        assert (image.mode, image.tobytes(), dict(image.info)) == before

    def test_current_frame_of_a_pil_image_is_taken(self, saved):
        frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
        with Image.open(saved("x.png", frames[0], save_all=True, append_images=frames[1:])) as image:
            image.seek(1)
            picture = picture_from(image, role="cover")
            assert image.tell() == 1
        assert picture.rgb_u8[0, 0].tolist() == [0, 0, 255]
        assert picture.notices == ()

    def test_damaged_pil_image_is_refused_by_its_role(self):
        image = Image.open(BytesIO(saved_bytes(Image.fromarray(SLOPE), "JPEG")[:-60]))
        with pytest.raises(UnreadablePicture, match=r"^cover: damaged or truncated"):
            picture_from(image, role="cover")

    def test_arrays(self):
        colour = picture_from(RGB, role="cover")
        with_alpha = picture_from(np.dstack([RGB, ALPHA]), role="cover")
        grey = picture_from(ALPHA, role="cover")
        np.testing.assert_array_equal(colour.rgb_u8, RGB)
        np.testing.assert_array_equal(with_alpha.rgb_u8, RGB)
        np.testing.assert_array_equal(with_alpha.alpha_u8, ALPHA)
        np.testing.assert_array_equal(grey.rgb_u8, np.dstack([ALPHA] * 3))
        assert (colour.alpha_u8, colour.name, colour.notices) == (None, "cover", ())

    def test_arrays_are_copied(self):
        array = np.dstack([RGB, ALPHA])
        picture = picture_from(array, role="cover")
        picture.rgb_u8[:] = 0
        picture.alpha_u8[:] = 0
        np.testing.assert_array_equal(array, np.dstack([RGB, ALPHA]))

    @pytest.mark.parametrize("shape", [(5,), (5, 6, 2), (5, 6, 1), (1, 5, 6, 3), (0, 6, 3), (3, 5, 6)])
    def test_arrays_of_other_shapes_are_refused(self, shape):
        with pytest.raises(ShapeError, match="for the cover") as refusal:
            picture_from(np.zeros(shape, np.uint8), role="cover")
        assert refusal.value.actual_shape == shape

    @pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.uint16, bool])
    def test_arrays_of_other_types_are_refused(self, dtype):
        words = f"^cover: an array of {np.dtype(dtype)} is on no known scale; give uint8 values 0..255$"
        with pytest.raises(PictureError, match=words):
            picture_from(np.zeros((4, 4, 3), dtype), role="cover")

    @pytest.mark.parametrize("value", [None, 3, [[1, 2]], BytesIO(b"")])
    def test_anything_else_is_refused(self, value):
        words = f"^cover: a {type(value).__name__} is no picture; give a path, bytes, a PIL image or an array"
        with pytest.raises(PictureError, match=words):
            picture_from(value, role="cover")


class TestStego:
    @pytest.mark.parametrize("orientation", [1, 3, 6, 8])
    @pytest.mark.parametrize("suffix", [".png", ".tif"])
    def test_pixels_come_as_stored_whatever_is_said_about_them(self, saved, suffix, orientation):
        options = {"exif": exif_of(orientation, gps=True), "icc_profile": adobe_rgb_profile()}
        path = saved(f"x{suffix}", Image.fromarray(np.dstack([RGB, ALPHA])), **options)
        stego = read_stego(path)
        np.testing.assert_array_equal(stego.rgb_u8, RGB)
        np.testing.assert_array_equal(stego.alpha_u8, ALPHA)
        assert (stego.name, stego.notices, stego.lossy_format) == (path, (), None)

    def test_stego_saved_again_in_16_bits_is_the_same(self, saved):
        path = saved("x.png", png_of(RGB.astype(np.uint16) * 257))
        np.testing.assert_array_equal(read_stego(path).rgb_u8, RGB)

    @pytest.mark.parametrize(("suffix", "name"), [(".jpg", "JPEG"), (".webp", "WebP"), (".avif", "AVIF")])
    def test_lossy_format_is_told(self, saved, suffix, name):
        path = saved(f"x{suffix}", Image.fromarray(RGB))
        stego = read_stego(path)
        assert (stego.lossy_format, stego.notices) == (name, ())

    def test_loaded_tiff_is_taken_as_its_image_shows_it(self, saved):
        with Image.open(saved("x.tif", Image.fromarray(RGB), exif=exif_of(6))) as image:
            image.load()
            np.testing.assert_array_equal(stego_from(image, role="stego").rgb_u8, np.rot90(RGB, -1))

    def test_every_form_is_taken(self, saved):
        path = saved("x.png", Image.fromarray(RGB), icc_profile=adobe_rgb_profile())
        with Image.open(path) as image:
            from_image = stego_from(image, role="stego")
        for stego in (stego_from(path, role="stego"), from_image, stego_from(RGB, role="stego")):
            np.testing.assert_array_equal(stego.rgb_u8, RGB)
        assert (from_image.name, from_image.notices) == ("stego", ())

    def test_what_cannot_be_read_is_refused(self, saved):
        with pytest.raises(UnreadablePicture, match="is no picture"):
            read_stego(saved("x.png", b"words"))
        with pytest.raises(PictureError, match=r"^stego: a int is no picture"):
            stego_from(3, role="stego")
