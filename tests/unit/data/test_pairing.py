"""The benchmark's pairing, and turning and fitting with Pillow as oracle."""

import numpy as np
import pytest
from PIL import Image

from liftveil.data import benchmark_partner, fitted_secret, oriented_like
from liftveil.imaging import Picture


def test_the_24_pictures_of_the_benchmark_hide_the_fifth_after_them():
    assert [benchmark_partner(index, 24) for index in (0, 1, 18, 19, 23)] == [5, 6, 23, 0, 4]


@pytest.mark.parametrize("count", range(2, 31))
def test_every_picture_is_hidden_once_and_never_in_itself(count):
    partners = [benchmark_partner(index, count) for index in range(count)]
    assert sorted(partners) == list(range(count))
    assert all(partner != index for index, partner in enumerate(partners))


def picture(height, width):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(("secret", "cover"), [((6, 4), (20, 30)), ((4, 6), (30, 20))])
def test_a_secret_of_the_other_orientation_is_turned_counter_clockwise(secret, cover):
    original = picture(*secret)
    turned = oriented_like(original, picture(*cover))
    expected = Image.fromarray(original).transpose(Image.Transpose.ROTATE_90)
    assert np.array_equal(turned, np.asarray(expected))
    assert turned.flags.c_contiguous


@pytest.mark.parametrize(("secret", "cover"), [((6, 4), (30, 20)), ((4, 6), (20, 30)), ((5, 5), (6, 6))])
def test_a_secret_of_the_same_orientation_is_left_alone(secret, cover):
    original = picture(*secret)
    assert oriented_like(original, picture(*cover)) is original


class TestFittedSecret:
    def named(self, *shape, alpha=None):
        return Picture(picture(*shape), alpha, name="s.png", notices=("s.png: EXIF dropped",))

    def cover(self, *shape):
        return Picture(picture(*shape)[::-1], name="c.png")

    @pytest.mark.parametrize("channels", [3, 1])
    def test_a_secret_that_fits_is_left_alone(self, channels):
        grey = np.repeat(picture(20, 30)[..., :1], 3, axis=2)
        secret = Picture(grey if channels == 1 else picture(20, 30), name="s.png")
        assert fitted_secret(secret, self.cover(20, 30), channels) is secret

    def test_a_square_one_is_not_turned(self):
        fitted = fitted_secret(self.named(20, 20), self.cover(20, 20), 3)
        np.testing.assert_array_equal(fitted.rgb_u8, self.named(20, 20).rgb_u8)
        assert fitted.notices == ("s.png: EXIF dropped",)

    def test_one_of_the_other_orientation_is_turned_and_says_so(self):
        secret = self.named(30, 20)
        fitted = fitted_secret(secret, self.cover(20, 30), 3)
        expected = Image.fromarray(secret.rgb_u8).transpose(Image.Transpose.ROTATE_90)
        np.testing.assert_array_equal(fitted.rgb_u8, np.asarray(expected))
        assert fitted.notices == ("s.png: EXIF dropped", "s.png: turned by 90 degrees to lie like the cover")
        assert fitted.name == "s.png"

    def test_one_of_another_size_is_turned_first_and_fitted_then(self):
        secret = self.named(60, 40)
        fitted = fitted_secret(secret, self.cover(20, 30), 3)
        turned = Image.fromarray(secret.rgb_u8).transpose(Image.Transpose.ROTATE_90)
        np.testing.assert_array_equal(fitted.rgb_u8, np.asarray(turned.resize((30, 20), Image.Resampling.LANCZOS)))
        assert fitted.notices[1:] == (
            "s.png: turned by 90 degrees to lie like the cover",
            "s.png: resized from 60x40 to 30x20",
        )

    def test_one_of_another_aspect_keeps_it_between_bars(self):
        fitted = fitted_secret(self.named(20, 60), self.cover(20, 30), 3)
        assert fitted.rgb_u8.shape == (20, 30, 3)
        assert not fitted.rgb_u8[:5].any()
        assert not fitted.rgb_u8[15:].any()
        assert fitted.rgb_u8[5:15].any()
        assert "with black bars around it" in fitted.notices[-1]

    def test_transparent_parts_lie_on_white_before_anything_else(self):
        alpha = np.full((30, 20), 255, np.uint8)
        alpha[:, :10] = 0
        fitted = fitted_secret(self.named(30, 20, alpha=alpha), self.cover(20, 30), 3)
        assert fitted.alpha_u8 is None
        assert (fitted.rgb_u8[10:] == 255).all()  # the left half lies below after turning
        assert [notice.split(": ")[1].split(" ")[0] for notice in fitted.notices] == ["EXIF", "transparent", "turned"]

    def test_for_a_model_of_grey_secrets_it_is_grey(self):
        secret = self.named(30, 20)
        fitted = fitted_secret(secret, self.cover(20, 30), 1)
        expected = Image.fromarray(secret.rgb_u8).transpose(Image.Transpose.ROTATE_90).convert("L")
        assert np.abs(fitted.rgb_u8.astype(int) - np.asarray(expected)[..., None]).max() <= 1
        assert (fitted.rgb_u8 == fitted.rgb_u8[..., :1]).all()
        assert fitted.notices[-1] == "s.png: turned grey, its colours are not carried over"

    def test_neither_picture_is_changed(self):
        secret, cover = self.named(60, 40), self.cover(20, 30)
        before = secret.rgb_u8.copy(), cover.rgb_u8.copy()
        fitted_secret(secret, cover, 1)
        np.testing.assert_array_equal(secret.rgb_u8, before[0])
        np.testing.assert_array_equal(cover.rgb_u8, before[1])
