"""Every kind of picture as cover, as secret and as stego, through the commands."""

from io import BytesIO
from typing import NamedTuple

import numpy as np
import pytest
from PIL import ExifTags, Image

from liftveil.imaging import read_picture, read_stego
from liftveil.metrics import psnr

WIDTH, HEIGHT = 96, 64


class Kind(NamedTuple):
    """How a picture is written, and what is said about it.

    Attributes:
        suffix: Of its file.
        make: From RGB pixels (height, width, 3) to the file's content.
        as_cover: Parts of the notices when it is the cover.
        as_secret: Parts of the notices when it is the secret.
        hard: Whether it is dithered, so that little of the secret or of the cover can be kept.
    """

    suffix: str
    make: object
    as_cover: tuple[str, ...] = ()
    as_secret: tuple[str, ...] = ()
    hard: bool = False


def encoded(image, format_name, **options):
    buffer = BytesIO()
    image.save(buffer, format_name, **options)
    return buffer.getvalue()


def as_mode(mode, format_name="PNG", **options):
    return lambda rgb: encoded(Image.fromarray(rgb).convert(mode), format_name, **options)


def rgba(rgb):
    """Opacity from none to full, with colours of their own below the transparent part."""
    alpha = np.tile(np.linspace(0, 255, rgb.shape[1]).astype(np.uint8), (rgb.shape[0], 1))
    alpha[:16] = 0
    return np.dstack([rgb, alpha])


def with_transparency(format_name, **options):
    return lambda rgb: encoded(Image.fromarray(rgba(rgb)), format_name, **options)


def deep_gray(rgb):
    values = np.asarray(Image.fromarray(rgb).convert("L")).astype(np.uint16) * 256 + 100
    return encoded(Image.fromarray(values), "PNG")


def turned(rgb):
    """The photograph as a camera on its side stores it."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    return encoded(Image.fromarray(np.rot90(rgb).copy()), "JPEG", quality=95, exif=exif)


def animated(rgb):
    frames = [Image.fromarray(rgb[:, :, order]) for order in ((0, 1, 2), (1, 2, 0), (2, 0, 1))]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)


def transparent_palette(rgb):
    return encoded(Image.fromarray(rgb).quantize(64, dither=Image.Dither.NONE), "PNG", transparency=3)


LAID = ("transparent parts laid on white",)
DEEP = ("16-bit values rounded to 8 bits",)
UPRIGHT = ("turned upright as its EXIF orientation asks",)
FRAMES = ("only the first of 3 frames used",)
INKS = ("CMYK colours converted without a profile, so only roughly right",)
FITTED = (f"fitted whole from {HEIGHT}x{WIDTH} into {WIDTH}x{HEIGHT}",)

KINDS = {
    "plain": Kind(".png", as_mode("RGB")),
    "jpeg": Kind(".jpg", as_mode("RGB", "JPEG", quality=90)),
    "bmp": Kind(".bmp", as_mode("RGB", "BMP")),
    "gray": Kind(".png", as_mode("L")),
    "gray jpeg": Kind(".jpg", as_mode("L", "JPEG")),
    "black and white": Kind(".png", as_mode("1"), hard=True),
    "palette": Kind(".png", lambda rgb: encoded(Image.fromarray(rgb).quantize(64, dither=0), "PNG")),
    "dithered palette": Kind(".png", as_mode("P"), hard=True),
    "palette with transparency": Kind(".png", transparent_palette, (), LAID),
    "gray with alpha": Kind(".png", lambda rgb: encoded(Image.fromarray(rgba(rgb)).convert("LA"), "PNG"), (), LAID),
    "rgba png": Kind(".png", with_transparency("PNG"), (), LAID),
    "rgba webp": Kind(".webp", with_transparency("WEBP", lossless=True, exact=True), (), LAID),
    "rgba tiff": Kind(".tif", with_transparency("TIFF"), (), LAID),
    "cmyk jpeg": Kind(".jpg", as_mode("CMYK", "JPEG", quality=95), INKS, INKS),
    "16-bit gray": Kind(".png", deep_gray, DEEP, DEEP),
    "turned jpeg": Kind(".jpeg", turned, UPRIGHT, UPRIGHT),
    "animated gif": Kind(".gif", animated, FRAMES, FRAMES),
    "portrait": Kind(".png", lambda rgb: encoded(Image.fromarray(np.rot90(rgb).copy()), "PNG"), (), FITTED),
}
NAMES = sorted(KINDS)


@pytest.fixture
def pictures(cropped, tmp_path):
    """Write cover and secret, one of them of a given kind; returns their paths."""

    def write(**kinds):
        paths = {}
        for role, rgb in zip(("cover", "secret"), cropped(WIDTH, HEIGHT), strict=True):
            kind = KINDS[kinds.get(role, "plain")]
            paths[role] = tmp_path / f"{role}{kind.suffix}"
            paths[role].write_bytes(kind.make(rgb))
        return paths["cover"], paths["secret"]

    return write


def notes(finished):
    """What was said about the pictures; that a hard one comes back badly is right, and another test's matter."""
    lines = finished.stderr.splitlines()
    assert all(line.startswith("note: ") for line in lines)
    return [line for line in lines if not line.startswith("note: stego.png: the secret comes back at only ")]


def check_notes(finished, path, expected):
    assert len(notes(finished)) == len(expected)
    for note, part in zip(notes(finished), expected, strict=True):
        assert note.startswith(f"note: {path}: ")
        assert part in note


@pytest.mark.parametrize("name", NAMES)
class TestEveryKind:
    def test_as_cover(self, pictures, invoke, tmp_path, least, name):
        cover, secret = pictures(cover=name)
        embedded = invoke("embed", cover, secret, "-o", "stego.png")
        assert embedded.returncode == 0, embedded.stderr
        seen, stego = read_picture(cover), read_stego(tmp_path / "stego.png")
        if name == "portrait":
            assert f"note: {secret}: fitted whole" in embedded.stderr
        else:
            check_notes(embedded, cover, KINDS[name].as_cover)
        assert (stego.width, stego.height) == ((HEIGHT, WIDTH) if name == "portrait" else (WIDTH, HEIGHT))
        if not KINDS[name].hard:
            assert psnr(seen.rgb_u8, stego.rgb_u8) >= least.recognisable_db
        if seen.alpha_u8 is None:
            assert stego.alpha_u8 is None
        else:
            np.testing.assert_array_equal(stego.alpha_u8, seen.alpha_u8)
        assert invoke("extract", "stego.png", "-o", "recovered.png")[::2] == (0, "")
        recovered = read_picture(tmp_path / "recovered.png")
        if name != "portrait" and not KINDS[name].hard:
            assert psnr(read_picture(secret).rgb_u8, recovered.rgb_u8) >= least.recognisable_db

    def test_as_secret(self, pictures, invoke, tmp_path, least, name):
        cover, secret = pictures(secret=name)
        embedded = invoke("embed", cover, secret, "-o", "stego.png")
        assert embedded.returncode == 0, embedded.stderr
        check_notes(embedded, secret, KINDS[name].as_secret)
        assert invoke("extract", "stego.png", "-o", "recovered.png")[::2] == (0, "")
        recovered = read_picture(tmp_path / "recovered.png")
        assert recovered.alpha_u8 is None
        assert (recovered.width, recovered.height) == (WIDTH, HEIGHT)
        hidden = read_picture(secret)
        if KINDS[name].as_secret not in (LAID, FITTED) and not KINDS[name].hard:
            assert psnr(hidden.rgb_u8, recovered.rgb_u8) >= least.recognisable_db


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif", ".tiff", ".PNG"])
def test_alpha_and_the_colours_below_it_are_restored_exactly(pictures, invoke, tmp_path, suffix):
    cover, secret = pictures(cover="rgba png")
    assert invoke("embed", cover, secret, "-o", f"stego{suffix}").returncode == 0
    assert invoke("embed", cover, secret, "-o", "reference.png").returncode == 0
    stego, reference = read_stego(tmp_path / f"stego{suffix}"), read_stego(tmp_path / "reference.png")
    np.testing.assert_array_equal(stego.alpha_u8, read_picture(cover).alpha_u8)
    np.testing.assert_array_equal(stego.rgb_u8, reference.rgb_u8)
    for name in (f"stego{suffix}", "reference.png"):
        assert invoke("extract", name, "-o", f"from-{name}.png").returncode == 0
    recovered = [read_picture(tmp_path / f"from-{name}.png").rgb_u8 for name in (f"stego{suffix}", "reference.png")]
    np.testing.assert_array_equal(*recovered)


def test_dropped_metadata_are_told(cropped, invoke, tmp_path):
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "a camera"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[1] = "N"
    cover, secret = map(Image.fromarray, cropped(WIDTH, HEIGHT))
    cover.save(tmp_path / "cover.jpg", exif=exif, comment=b"at home")
    secret.save(tmp_path / "secret.png", exif=exif)
    finished = invoke("embed", "cover.jpg", "secret.png", "-o", "stego.png")
    assert notes(finished) == [
        "note: cover.jpg: EXIF with GPS position, comment not carried over",
        "note: secret.png: EXIF with GPS position not carried over",
    ]


def test_stego_holds_nothing_but_pixels(pictures, invoke, tmp_path):
    cover, secret = pictures(cover="turned jpeg")
    assert invoke("embed", cover, secret, "-o", "stego.png").returncode == 0
    with Image.open(tmp_path / "stego.png") as stego:
        stego.load()
        assert (stego.format, stego.mode, stego.info, dict(stego.getexif())) == ("PNG", "RGB", {}, {})


@pytest.mark.parametrize("kind", ["jpeg", "turned jpeg"])
def test_extraction_from_a_jpeg_is_warned_of(pictures, invoke, tmp_path, kind):
    stego, _ = pictures(cover=kind)
    finished = invoke("extract", stego, "-o", "recovered.png", "--model", "starinn")
    assert finished.returncode == 0
    assert notes(finished) == [f"note: {stego}: JPEG changes pixels, so what was hidden here may be lost"]
    assert (tmp_path / "recovered.png").exists()


def truncated(rgb):
    return as_mode("RGB")(rgb)[:-2000]


def of_size(width, height):
    return lambda _: encoded(Image.new("RGB", (width, height)), "PNG")


BAD = {
    "missing.png": (None, "no such file; check the path"),
    "empty.png": (lambda _: b"", "the file is empty; get a complete copy of it"),
    "truncated.png": (truncated, "damaged or truncated"),
    "text.png": (lambda _: b"These are words, not pixels.\n" * 40, "is no picture, or its beginning is damaged"),
    "dot.png": (of_size(1, 1), "1x1 pixels is too small; use a picture of at least 16x16"),
    "narrow.png": (of_size(15, 40), "15x40 pixels is too small; use a picture of at least 16x16"),
    "flat.png": (of_size(40, 15), "40x15 pixels is too small; use a picture of at least 16x16"),
    "a folder": ("folder", "is a folder; give the path of one picture"),
    "missing/cover.png": (None, "no such file; check the path"),
    "n\xefce  \N{SNOWMAN}.png": (lambda _: b"", "the file is empty"),
}


@pytest.mark.parametrize("name", sorted(BAD))
@pytest.mark.parametrize("role", ["cover", "secret", "stego"])
def test_bad_picture_is_refused_in_one_line_that_names_it(invoke, cropped, tmp_path, role, name):
    make, problem = BAD[name]
    rgb, _ = cropped(WIDTH, HEIGHT)
    (tmp_path / "good.png").write_bytes(as_mode("RGB")(rgb))
    if make == "folder":
        (tmp_path / name).mkdir()
    elif make is not None:
        (tmp_path / name).write_bytes(make(rgb))
    before = sorted(tmp_path.rglob("*"))
    words = {
        "cover": ("embed", name, "good.png"),
        "secret": ("embed", "good.png", name),
        "stego": ("extract", name),
    }
    finished = invoke(*words[role], "-o", "output.png")
    assert (finished.returncode, finished.stdout) == (1, "")
    [line] = finished.stderr.splitlines()
    assert line.startswith(f"liftveil: {name}: {problem}")
    assert sorted(tmp_path.rglob("*")) == before
