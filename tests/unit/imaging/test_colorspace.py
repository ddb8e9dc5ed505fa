from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms

from liftveil.imaging.colorspace import split_alpha, to_srgb

from .crafted import (
    ADOBE_GAMMA,
    ADOBE_TO_XYZ,
    D50,
    SRGB_TO_XYZ,
    adobe_rgb_profile,
    cmyk_profile,
    gamma_curve,
    gray_profile,
    rgb_profile,
    sampled_curve,
    srgb_decoded,
    srgb_encoded,
)

RANDOM = np.random.default_rng(17)
RGB = RANDOM.integers(0, 256, (11, 12, 3), dtype=np.uint8)
ALPHA = RANDOM.integers(0, 256, (11, 12), dtype=np.uint8)
RAMP = np.arange(256, dtype=np.uint8)[np.newaxis]
CYAN_LAB = (50, 60, 40)


def split(image):
    colours, alpha = split_alpha(image)
    return colours.mode, np.asarray(colours), alpha


def converted(image, profile):
    result, remark = to_srgb(image, profile)
    assert result.mode == "RGB"
    return np.asarray(result).astype(float), remark


def palette_image(**info):
    image = Image.fromarray(np.array([[0, 1, 2, 1]], np.uint8), "P")
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    image.info.update(info)
    return image


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK", "LAB", "HSV", "YCbCr"])
def test_modes_without_alpha_pass_as_they_are(mode):
    image = Image.new(mode, (3, 2))
    assert split_alpha(image) == (image, None)


def test_colours_below_alpha_stay_as_stored():
    alpha = np.where(ALPHA < 128, 0, ALPHA).astype(np.uint8)
    mode, colours, opacity = split(Image.fromarray(np.dstack([RGB, alpha])))
    assert mode == "RGB"
    np.testing.assert_array_equal(colours, RGB)
    np.testing.assert_array_equal(opacity, alpha)


def test_grey_with_alpha():
    mode, colours, opacity = split(Image.fromarray(np.dstack([RGB[..., 0], ALPHA])))
    assert mode == "L"
    np.testing.assert_array_equal(colours, RGB[..., 0])
    np.testing.assert_array_equal(opacity, ALPHA)


@pytest.mark.parametrize(
    ("info", "opacities"),
    [
        ({}, None),
        ({"transparency": 1}, [[255, 0, 255, 0]]),
        ({"transparency": b"\x00\x80"}, [[0, 128, 255, 128]]),
    ],
)
def test_palette_becomes_colours_and_alpha(info, opacities):
    mode, colours, opacity = split(palette_image(**info))
    assert mode == "RGB"
    assert colours.tolist() == [[[10, 20, 30], [40, 50, 60], [70, 80, 90], [40, 50, 60]]]
    assert (None if opacity is None else opacity.tolist()) == opacities


def test_palette_with_its_own_alpha_channel():
    image = palette_image().convert("PA")
    image.putalpha(Image.fromarray(np.array([[1, 2, 3, 4]], np.uint8)))
    _, colours, opacity = split(image)
    assert colours[0, 1].tolist() == [40, 50, 60]
    assert opacity.tolist() == [[1, 2, 3, 4]]


def test_one_bit_becomes_black_and_white():
    mode, colours, opacity = split(Image.fromarray(np.array([[True, False]])))
    assert (mode, colours.tolist(), opacity) == ("L", [[255, 0]], None)


def test_padding_channel_is_no_alpha():
    mode, colours, opacity = split(Image.fromarray(np.dstack([RGB, ALPHA]), "RGBX"))
    assert (mode, opacity) == ("RGB", None)
    np.testing.assert_array_equal(colours, RGB)


@pytest.mark.parametrize(("mode", "premultiplied"), [("RGBA", "RGBa"), ("LA", "La")])
def test_colours_multiplied_by_alpha_are_divided_again(mode, premultiplied):
    image = Image.new(mode, (1, 1), (200, 100) if mode == "LA" else (200, 100, 50, 100))
    split_mode, colours, opacity = split(image.convert(premultiplied))
    assert split_mode == mode[:-1]
    assert np.abs(colours.reshape(-1).astype(int) - image.getpixel((0, 0))[:-1]).max() <= 3
    assert opacity.tolist() == [[100]]


@pytest.mark.parametrize("mode", ["L", "RGB", "HSV", "YCbCr"])
def test_without_profile_colours_are_taken_as_srgb(mode):
    image = Image.fromarray(RGB).convert(mode)
    pixels, remark = converted(image, None)
    np.testing.assert_array_equal(pixels, np.asarray(image.convert("RGB")))
    assert remark is None


def test_cmyk_without_profile_is_said_to_be_rough():
    pixels, remark = converted(Image.new("CMYK", (1, 1), (0, 255, 0, 0)), None)
    assert pixels.tolist() == [[[255, 0, 255]]]
    assert remark == "CMYK colours converted without a profile, so only roughly right"


def test_lab_is_converted():
    pixels, remark = converted(Image.new("LAB", (1, 1), (255, 128, 128)), None)
    assert np.abs(pixels - 255).max() <= 1
    assert remark == "Lab colours converted to sRGB"


def test_wide_rgb_is_converted_as_the_mathematics_says():
    pixels, remark = converted(Image.fromarray(RGB), adobe_rgb_profile())
    linear = (RGB / 255) ** ADOBE_GAMMA @ ADOBE_TO_XYZ.T @ np.linalg.inv(SRGB_TO_XYZ).T
    assert np.abs(pixels - 255 * srgb_encoded(linear)).max() < 1.5
    assert remark == "colours converted to sRGB from the profile 'Wide test space'"
    assert np.abs(pixels - RGB).max() > 20


def test_grey_is_converted_exactly_in_the_shadows_too():
    pixels, remark = converted(Image.fromarray(RAMP), gray_profile("Linear grey", gamma_curve(1)))
    assert np.abs(pixels - 255 * srgb_encoded(RAMP / 255)[..., np.newaxis]).max() < 1
    assert remark == "colours converted to sRGB from the profile 'Linear grey'"


def test_inks_are_converted_as_their_profile_says_relative_to_the_paper():
    inks = np.zeros((1, 3, 4), np.uint8)
    inks[0, 1, 0], inks[0, 2, 3] = 255, 255
    pixels, remark = converted(Image.fromarray(inks, "CMYK"), cmyk_profile("Odd inks", CYAN_LAB))
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[0, 2].tolist() == [0, 0, 0]
    root = (CYAN_LAB[0] + 16) / 116 + np.array([CYAN_LAB[1] / 500, 0, -CYAN_LAB[2] / 200])
    cyan = 255 * srgb_encoded(np.linalg.inv(SRGB_TO_XYZ) @ (root**3 * D50))
    assert np.abs(pixels[0, 1] - cyan).max() < 3
    assert remark == "colours converted to sRGB from the profile 'Odd inks'"


@pytest.mark.parametrize(
    "profile",
    [
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        rgb_profile("sRGB by another name", SRGB_TO_XYZ, sampled_curve(srgb_decoded)),
    ],
    ids=["built-in", "sampled"],
)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_srgb_changes_no_pixel_whatever_it_is_called(profile, mode):
    image = Image.fromarray(RGB).convert(mode)
    pixels, remark = converted(image, profile)
    np.testing.assert_array_equal(pixels, np.asarray(image.convert("RGB")))
    assert remark is None


def test_srgb_grey_changes_no_pixel():
    pixels, remark = converted(Image.fromarray(RAMP), gray_profile("sGray", sampled_curve(srgb_decoded)))
    np.testing.assert_array_equal(pixels[..., 0], RAMP)
    assert remark is None


@pytest.mark.parametrize("profile", [b"", b"no profile at all", adobe_rgb_profile()[:300]])
def test_damaged_profile_is_told_and_colours_taken_as_srgb(profile):
    pixels, remark = converted(Image.fromarray(RGB), profile)
    np.testing.assert_array_equal(pixels, RGB)
    assert remark.startswith("colour profile not usable (")
    assert remark.endswith("), colours taken as sRGB")


@pytest.mark.parametrize(
    ("mode", "profile"),
    [
        ("CMYK", adobe_rgb_profile()),
        ("RGB", gray_profile("g", gamma_curve(1))),
        ("L", cmyk_profile("c", CYAN_LAB)),
    ],
)
def test_profile_of_other_channels_is_told_and_not_applied(mode, profile):
    image = Image.fromarray(RGB).convert(mode)
    pixels, remark = converted(image, profile)
    np.testing.assert_array_equal(pixels, np.asarray(image.convert("RGB")))
    assert f"the picture has {mode}" in remark


def test_grey_takes_a_profile_for_rgb():
    grey, _ = converted(Image.fromarray(RAMP), adobe_rgb_profile())
    colour, _ = converted(Image.fromarray(RAMP).convert("RGB"), adobe_rgb_profile())
    np.testing.assert_array_equal(grey, colour)


def test_lab_takes_its_own_profile():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert ImageCms.ImageCmsProfile(BytesIO(profile)).profile.xcolor_space == "Lab "
    pixels, remark = converted(Image.new("LAB", (1, 1), (255, 128, 128)), profile)
    assert np.abs(pixels - 255).max() <= 1
    assert "converted to sRGB" in remark


def test_line_breaks_in_a_profiles_name_do_not_break_the_notice():
    profile = rgb_profile("two\nlines", ADOBE_TO_XYZ, gamma_curve(ADOBE_GAMMA))
    _, remark = converted(Image.fromarray(RGB), profile)
    assert remark == "colours converted to sRGB from the profile 'two lines'"
