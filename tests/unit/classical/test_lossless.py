"""Whole pictures that come back bit by bit, on crops of the demo's photographs."""

import numpy as np
import pytest

from liftveil.classical import hide_jxl_digits, hide_jxl_lossless, payload_capacity, show_jxl_digits, show_jxl_lossless
from liftveil.errors import CapacityError, PayloadError, ShapeError
from liftveil.exact import compress_lossless
from liftveil.metrics import psnr


@pytest.fixture
def pair(cropped):
    return cropped(128, 96)


def rng(seed=3):
    return np.random.default_rng(seed)


def noise(*shape):
    return rng().integers(0, 256, shape, np.uint8)


def smallest_modulus(cover, secret):
    """By its definition: one below has no room."""
    needed = len(compress_lossless(secret).data)
    return min(modulus for modulus in range(2, 257) if payload_capacity(cover.size, modulus) >= needed)


@pytest.mark.parametrize(("width", "height"), [(128, 96), (37, 61), (300, 41), (16, 16)])
def test_every_sample_comes_back(cropped, width, height):
    cover, secret = cropped(width, height)
    stego = hide_jxl_lossless(cover, secret, rng=rng())
    assert (stego.shape, stego.dtype) == (cover.shape, np.uint8)
    np.testing.assert_array_equal(show_jxl_lossless(stego), secret)


def test_grey_pictures_come_back_too(pair):
    cover, secret = (picture[..., 1] for picture in pair)
    np.testing.assert_array_equal(show_jxl_lossless(hide_jxl_lossless(cover, secret, rng=rng())), secret)


def test_the_smallest_modulus_with_room_is_taken(pair):
    cover, secret = pair
    modulus = smallest_modulus(cover, secret)
    assert 2 < modulus < 16  # else the crops say nothing
    stego = hide_jxl_lossless(cover, secret, rng=rng())
    np.testing.assert_array_equal(show_jxl_digits(stego, modulus=modulus), secret)
    assert np.abs(stego.astype(int) - cover).max() <= modulus - 1
    lossy = hide_jxl_digits(cover, secret, modulus=modulus - 1, rng=rng())
    assert psnr(secret, show_jxl_digits(lossy, modulus=modulus - 1)) < np.inf


def test_a_secret_that_needs_less_changes_the_cover_less(pair):
    cover, secret = pair
    plain = np.full_like(secret, 90)
    gentle, rough = (hide_jxl_lossless(cover, picture, rng=rng()) for picture in (plain, secret))
    assert smallest_modulus(cover, plain) == 2
    assert np.abs(gentle.astype(int) - cover).max() == 1
    assert psnr(cover, gentle) > psnr(cover, rough) + 10
    np.testing.assert_array_equal(show_jxl_lossless(gentle), plain)


def test_what_the_cover_shows_does_not_matter(pair):
    _, secret = pair
    for cover in (noise(*secret.shape), np.zeros_like(secret), np.full_like(secret, 255)):
        np.testing.assert_array_equal(show_jxl_lossless(hide_jxl_lossless(cover, secret, rng=rng())), secret)


def test_noise_has_no_room_even_in_all_eight_bits(pair):
    cover, _ = pair
    secret = noise(*cover.shape)
    with pytest.raises(CapacityError) as refusal:
        hide_jxl_lossless(cover, secret, rng=rng())
    assert refusal.value.needed_bytes == len(compress_lossless(secret).data) > secret.size
    assert refusal.value.capacity_bytes == payload_capacity(cover.size, 256) == cover.size - 4


def test_noise_of_five_bits_has_room(pair):
    cover, _ = pair
    secret = noise(*cover.shape) >> 3
    stego = hide_jxl_lossless(cover, secret, rng=rng())
    np.testing.assert_array_equal(show_jxl_lossless(stego), secret)


def test_chance_comes_from_the_generator_alone(pair):
    cover, secret = pair[0], np.full_like(pair[1], 90)  # odd moduli, such as that of the photograph, have no ties
    stegos = [hide_jxl_lossless(cover, secret, rng=rng(seed)) for seed in (1, 1, 2)]
    assert np.array_equal(stegos[0], stegos[1])
    assert not np.array_equal(stegos[0], stegos[2])


def test_neither_picture_is_changed(pair):
    before = [picture.copy() for picture in pair]
    hide_jxl_lossless(*pair, rng=rng())
    np.testing.assert_array_equal(pair, before)


def test_pictures_of_different_shapes_are_refused(pair):
    cover, secret = pair
    for wrong in (secret[:-1], secret[..., 0]):
        with pytest.raises(ShapeError, match="the shape of the cover") as refusal:
            hide_jxl_lossless(cover, wrong, rng=rng())
        assert refusal.value.actual_shape == wrong.shape


@pytest.mark.parametrize("shape", [(4,), (4, 5, 1), (4, 5, 4), (0, 5, 3)])
def test_what_is_no_picture_is_refused(shape):
    picture = np.zeros(shape, np.uint8)
    with pytest.raises(ShapeError) as refusal:
        hide_jxl_lossless(picture, picture, rng=rng())
    assert refusal.value.actual_shape == shape


class TestNothingToShow:
    REFUSED = r"^payload: there is none, or the picture was changed$"

    def test_in_a_picture_that_hides_nothing(self, cropped):
        for picture in (*cropped(40, 24), noise(24, 40, 3), np.zeros((24, 40, 3), np.uint8), noise(1, 1)):
            with pytest.raises(PayloadError, match=self.REFUSED):
                show_jxl_lossless(picture)

    def test_in_a_changed_stego(self, cropped):
        stego = hide_jxl_lossless(*cropped(40, 24), rng=rng())
        moved = np.where(stego < 255, stego + 1, stego - 1)
        for changed in (moved, stego[:, ::-1], stego.transpose(1, 0, 2), stego[:-1]):
            with pytest.raises(PayloadError, match=self.REFUSED):
                show_jxl_lossless(changed.copy())

    def test_in_a_stego_of_the_wrong_side_lengths(self, cropped):
        stego = hide_jxl_lossless(*cropped(40, 24), rng=rng())
        with pytest.raises(PayloadError, match=self.REFUSED):
            show_jxl_lossless(stego.reshape(40, 24, 3))
