from io import BytesIO

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageOps, PngImagePlugin

from liftveil.imaging.metadata import left_behind, orientation_of, turn_back, turn_upright
from liftveil.imaging.opening import decoding

SMALL = Image.fromarray(np.arange(24, dtype=np.uint8).reshape(2, 4, 3))
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'></x:xmpmeta>"


def stored(format_name, **options):
    """Save a small picture and load it again."""
    buffer = BytesIO()
    SMALL.save(buffer, format_name, **options)
    image = Image.open(buffer)
    image.load()
    return image


def exif(**tags):
    """EXIF with tags by their name."""
    made = Image.Exif()
    for name, value in tags.items():
        if name == "GPSInfo":
            made.get_ifd(ExifTags.IFD.GPSInfo).update(value)
        made[ExifTags.Base[name]] = value
    return made


def png_info(**words):
    info = PngImagePlugin.PngInfo()
    for name, value in words.items():
        info.add_text(name, value)
    return info


def png_with_xmp():
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return info


GPS = {1: "N", 2: (48.0, 51.0, 30.0)}


@pytest.mark.parametrize(
    ("format_name", "options", "names"),
    [
        ("PNG", {}, None),
        ("JPEG", {}, None),
        ("TIFF", {}, None),
        ("TIFF", {"compression": "tiff_lzw", "dpi": (300, 300)}, None),
        ("JPEG", {"exif": exif(Orientation=6)}, None),
        ("JPEG", {"exif": exif(Make="Maker")}, "EXIF"),
        ("WEBP", {"exif": exif(Make="Maker")}, "EXIF"),
        ("PNG", {"exif": exif(Make="Maker")}, "EXIF"),
        ("TIFF", {"exif": exif(Make="Maker")}, "EXIF"),
        ("JPEG", {"exif": exif(GPSInfo=GPS)}, "EXIF with GPS position"),
        ("TIFF", {"exif": exif(GPSInfo=GPS, Make="Maker")}, "EXIF with GPS position"),
        ("JPEG", {"xmp": XMP}, "XMP"),
        ("WEBP", {"xmp": XMP}, "XMP"),
        ("PNG", {"pnginfo": png_with_xmp()}, "XMP"),
        ("TIFF", {"tiffinfo": {700: XMP}}, "XMP"),
        ("TIFF", {"tiffinfo": {33723: b"iptc"}}, "IPTC"),
        ("PNG", {"pnginfo": png_info(Author="me", Title="it")}, "PNG text"),
        ("JPEG", {"comment": "hello"}, "comment"),
        ("GIF", {"comment": "hello"}, "comment"),
        ("PNG", {"icc_profile": b"any profile"}, "ICC profile"),
        (
            "PNG",
            {"exif": exif(GPSInfo=GPS), "icc_profile": b"p", "pnginfo": png_info(Author="me")},
            "EXIF with GPS position, ICC profile, PNG text",
        ),
    ],
)
def test_what_is_left_behind_is_named(format_name, options, names):
    expected = f"{names} not carried over" if names else None
    assert left_behind(stored(format_name, **options)) == expected


def test_iptc_of_a_jpeg_is_named():
    image = stored("JPEG")
    image.info["photoshop"] = {1028: b"caption"}
    assert left_behind(image) == "IPTC not carried over"


def test_damaged_exif_does_no_harm():
    with decoding("x"), pytest.warns(UserWarning, match="Corrupt EXIF"):
        orientation = orientation_of(stored("JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff"))
    assert orientation == 1


def test_exif_that_cannot_be_parsed_counts_as_none(monkeypatch):
    def fail(_):
        raise SyntaxError("not a TIFF file")

    image = stored("JPEG", exif=exif(Make="Maker", Orientation=3))
    monkeypatch.setattr(Image.Image, "getexif", fail)
    assert orientation_of(image) == 1
    assert left_behind(image) is None


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP"])
def test_orientation_is_read(format_name, orientation):
    assert orientation_of(stored(format_name, exif=exif(Orientation=orientation))) == orientation


def test_orientation_in_xmp_counts_as_well():
    image = stored("JPEG", xmp=b'<rdf tiff:Orientation="8"/>')
    assert orientation_of(image) == 8


@pytest.mark.parametrize("nonsense", [0, 9, 65535])
def test_orientation_that_means_nothing_is_upright(nonsense):
    assert orientation_of(stored("JPEG", exif=exif(Orientation=nonsense))) == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turning_is_what_pillow_does(orientation):
    image = stored("PNG", exif=exif(Orientation=orientation))
    expected = np.asarray(ImageOps.exif_transpose(image))
    turned = turn_upright(np.asarray(image), orientation)
    np.testing.assert_array_equal(turned, expected)
    np.testing.assert_array_equal(turn_upright(np.asarray(image)[..., 0], orientation), expected[..., 0])
    assert turned.flags.c_contiguous


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turning_back_undoes_turning_upright(orientation):
    pixels = np.asarray(SMALL)
    turned = turn_upright(pixels, orientation)
    assert orientation == 1 or not np.array_equal(turned, pixels)
    np.testing.assert_array_equal(turn_back(turned, orientation), pixels)
