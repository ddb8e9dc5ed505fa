from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from liftveil.imaging.picture import Picture, fit_to, flatten_on_white, turn_grey

RANDOM = np.random.default_rng(11)


def random_picture(width, height, **fields):
    return Picture(RANDOM.integers(0, 256, (height, width, 3), dtype=np.uint8), name="secret.png", **fields)


def white_picture(width, height, **fields):
    return Picture(np.full((height, width, 3), 255, np.uint8), name="secret.png", **fields)


def test_width_and_height():
    picture = random_picture(7, 5)
    assert (picture.width, picture.height) == (7, 5)


def test_flattening_rounds_every_level_and_opacity_right():
    levels, opacities = np.meshgrid(np.arange(256, dtype=np.uint8), np.arange(256, dtype=np.uint8))
    flat = flatten_on_white(Picture(np.dstack([levels] * 3), opacities, name="secret.png"))
    pairs = zip(levels.ravel().tolist(), opacities.ravel().tolist(), strict=True)
    expected = [round(Fraction(level * opacity + 255 * (255 - opacity), 255)) for level, opacity in pairs]
    assert flat.rgb_u8[..., 1].ravel().tolist() == expected
    assert (flat.rgb_u8 == flat.rgb_u8[..., :1]).all()


def test_flattening_is_told():
    picture = white_picture(2, 2, alpha_u8=np.full((2, 2), 254, np.uint8), notices=("before",))
    flat = flatten_on_white(picture)
    assert flat.alpha_u8 is None
    assert flat.notices == ("before", "secret.png: transparent parts laid on white")


def test_opaque_alpha_is_dropped_without_a_word():
    picture = random_picture(3, 2, alpha_u8=np.full((2, 3), 255, np.uint8))
    flat = flatten_on_white(picture)
    assert flat.alpha_u8 is None
    assert flat.notices == ()
    assert flat.rgb_u8 is picture.rgb_u8


def test_picture_without_alpha_is_returned_as_it_is():
    picture = random_picture(3, 2)
    assert flatten_on_white(picture) is picture


def test_colours_become_the_luma_that_pillow_gives_up_to_rounding():
    picture = random_picture(40, 30)
    grey = turn_grey(picture).rgb_u8
    assert (grey == grey[..., :1]).all()
    pillows = np.asarray(Image.fromarray(picture.rgb_u8).convert("L")).astype(int)
    assert np.abs(grey[..., 0] - pillows).max() <= 1
    assert (grey[..., 0] == pillows).mean() > 0.99  # Pillow sums in fixed point


def test_luma_is_rounded_to_the_nearest_level():
    # 0.299 * 2 = 0.598 and 0.114 * 4 = 0.456
    pixels = np.array([[(2, 0, 0), (0, 0, 4), (255, 255, 254)]], np.uint8)
    assert turn_grey(Picture(pixels)).rgb_u8[0, :, 1].tolist() == [1, 0, 255]


def test_turning_grey_is_told_and_keeps_the_rest():
    alpha_u8 = np.full((4, 6), 7, np.uint8)
    picture = random_picture(6, 4, alpha_u8=alpha_u8, notices=("before",), lossy_format="JPEG")
    grey = turn_grey(picture)
    assert grey.notices == ("before", "secret.png: turned grey, its colours are not carried over")
    assert (grey.alpha_u8 is alpha_u8, grey.name, grey.lossy_format) == (True, "secret.png", "JPEG")


def test_grey_picture_is_returned_as_it_is():
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    grey = Picture(np.dstack([levels] * 3))
    assert turn_grey(grey) is grey
    one_bluer = grey.rgb_u8.copy()
    one_bluer[-1, -1, 2] -= 1
    assert turn_grey(Picture(one_bluer)).notices


def test_picture_of_the_right_size_is_returned_as_it_is():
    picture = random_picture(6, 4)
    assert fit_to(picture, 6, 4) is picture


def test_same_aspect_is_resized_by_lanczos():
    picture = random_picture(640, 480, lossy_format="JPEG")
    fitted = fit_to(picture, 768, 576)
    lanczos = Image.fromarray(picture.rgb_u8).resize((768, 576), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(fitted.rgb_u8, np.asarray(lanczos))
    assert fitted.notices == ("secret.png: resized from 640x480 to 768x576",)
    assert fitted.lossy_format == "JPEG"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((1000, 667), (1500, 1000)),
        ((1500, 1000), (1000, 666)),
        ((100, 67), (1500, 1000)),
        ((3000, 2000), (100, 67)),
    ],
)
def test_aspects_that_differ_by_rounding_get_no_bars(before, after):
    fitted = fit_to(white_picture(*before), *after)
    assert (fitted.rgb_u8 == 255).all()
    assert fitted.notices == (f"secret.png: resized from {before[0]}x{before[1]} to {after[0]}x{after[1]}",)


@pytest.mark.parametrize(
    ("before", "after", "inner"),
    [
        ((640, 480), (512, 512), (512, 384)),
        ((480, 640), (512, 512), (384, 512)),
        ((40, 30), (400, 240), (320, 240)),
        ((1, 1000), (10, 10), (1, 10)),
    ],
)
def test_other_aspects_are_fitted_whole_between_centred_black_bars(before, after, inner):
    fitted = fit_to(white_picture(*before), *after)
    assert (fitted.width, fitted.height) == after
    rows, columns = np.nonzero(fitted.rgb_u8.all(axis=2))
    box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    left, top = (after[0] - inner[0]) // 2, (after[1] - inner[1]) // 2
    assert box == (left, top, left + inner[0], top + inner[1])
    assert np.count_nonzero(fitted.rgb_u8) == inner[0] * inner[1] * 3
    assert fitted.notices == (
        f"secret.png: fitted whole from {before[0]}x{before[1]} into {after[0]}x{after[1]}: "
        f"resized to {inner[0]}x{inner[1]}, with black bars around it",
    )


def test_fitted_picture_is_neither_cropped_nor_mirrored():
    quarters = np.zeros((30, 40, 3), np.uint8)
    quarters[:15, :20] = (255, 0, 0)
    quarters[15:, 20:] = (0, 0, 255)
    fitted = fit_to(Picture(quarters), 80, 80).rgb_u8
    assert fitted[12, 2].tolist() == [255, 0, 0]
    assert fitted[67, 77].tolist() == [0, 0, 255]


def test_bars_are_opaque():
    transparent = white_picture(40, 30, alpha_u8=np.zeros((30, 40), np.uint8))
    fitted = fit_to(transparent, 40, 40)
    assert set(fitted.alpha_u8[5:35].ravel()) == {0}
    assert set(np.r_[fitted.alpha_u8[:5], fitted.alpha_u8[35:]].ravel()) == {255}


def test_hidden_colours_do_not_bleed_over_the_edge_when_resized():
    rgb_u8 = np.zeros((40, 40, 3), np.uint8)
    rgb_u8[:, :20] = 255
    alpha_u8 = np.zeros((40, 40), np.uint8)
    alpha_u8[:, 20:] = 255
    resized = fit_to(Picture(rgb_u8, alpha_u8), 60, 60)
    assert resized.rgb_u8[resized.alpha_u8 > 0].max() == 0
