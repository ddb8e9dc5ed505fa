"""Pictures in pictures without learning, end to end on crops of the demo's photographs."""

import numpy as np
import pytest

from liftveil.classical import hide_jxl_digits, hide_jxl_lsb, payload_capacity, show_jxl_digits, show_jxl_lsb
from liftveil.errors import CapacityError, ConfigError, PayloadError, ShapeError
from liftveil.exact import compress, decompress, digit_count, embed_digits
from liftveil.metrics import psnr


@pytest.fixture
def pair(cropped):
    return cropped(128, 96)


def rng(seed=3):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("modulus", [2, 3, 4, 5, 6])
def test_the_secret_is_the_best_that_fits(pair, modulus):
    cover, secret = pair
    stego = hide_jxl_digits(cover, secret, modulus=modulus, rng=rng())
    best = compress(secret, most_bytes=payload_capacity(cover.size, modulus))
    assert np.array_equal(show_jxl_digits(stego, modulus=modulus), decompress(best.data, shape=secret.shape))
    assert stego.shape == cover.shape
    assert np.abs(stego.astype(int) - cover).max() <= modulus - 1


def test_a_larger_modulus_trades_cover_for_secret(pair):
    cover, secret = pair
    stegos = {modulus: hide_jxl_digits(cover, secret, modulus=modulus, rng=rng()) for modulus in (2, 3, 4)}
    covers = [psnr(cover, stego) for stego in stegos.values()]
    secrets = [psnr(secret, show_jxl_digits(stego, modulus=modulus)) for modulus, stego in stegos.items()]
    assert covers == sorted(covers, reverse=True)
    assert secrets == sorted(secrets)


@pytest.mark.parametrize("modulus", [3, 4, 5])
def test_the_cover_changes_as_uniform_digits_change_it(cropped, modulus):
    cover, secret = cropped(256, 192)
    expected = (modulus**2 - 1) / 12 if modulus % 2 else (modulus**2 + 2) / 12
    length = len(compress(secret, most_bytes=payload_capacity(cover.size, modulus)).data)
    share = (digit_count(4, modulus) + digit_count(length, modulus)) / cover.size
    stego = hide_jxl_digits(cover, secret, modulus=modulus, rng=rng())
    assert 0.5 < share <= 1
    assert psnr(cover, stego) == pytest.approx(10 * np.log10(255**2 / (expected * share)), abs=0.1)


@pytest.mark.parametrize("grey", [False, True])
def test_with_room_every_sample_comes_back(pair, grey):
    cover, secret = (picture[..., 1] if grey else picture for picture in pair)
    stego = hide_jxl_digits(cover, secret, modulus=100, rng=rng())
    assert np.array_equal(show_jxl_digits(stego, modulus=100), secret)


@pytest.mark.parametrize("matching", [False, True])
def test_lowest_bits_carry_what_base_two_carries(pair, matching):
    cover, secret = pair
    stego = hide_jxl_lsb(cover, secret, matching=matching, rng=rng())
    change = stego.astype(int) - cover
    assert np.abs(change).max() == 1
    assert set(np.unique(change[cover % 2 == 0])) == ({-1, 0, 1} if matching else {0, 1})
    best = compress(secret, most_bytes=payload_capacity(cover.size, 2))
    assert np.array_equal(show_jxl_lsb(stego), decompress(best.data, shape=secret.shape))


def test_chance_comes_from_the_generator_alone(pair):
    cover, secret = pair
    stegos = [hide_jxl_digits(cover, secret, modulus=4, rng=rng(seed)) for seed in (1, 1, 2)]
    assert np.array_equal(stegos[0], stegos[1])
    assert not np.array_equal(stegos[0], stegos[2])


def test_pictures_of_different_shapes_are_refused(pair):
    cover, secret = pair
    for wrong in (secret[:-1], secret[..., 0]):
        with pytest.raises(ShapeError) as refusal:
            hide_jxl_digits(cover, wrong, modulus=3, rng=rng())
        assert refusal.value.actual_shape == wrong.shape
        with pytest.raises(ShapeError):
            hide_jxl_lsb(cover, wrong, matching=True, rng=rng())


def test_a_tiny_cover_is_refused(cropped):
    cover, secret = cropped(4, 4)
    with pytest.raises(CapacityError) as refusal:
        hide_jxl_lsb(cover, secret, matching=True, rng=rng())
    assert refusal.value.capacity_bytes == payload_capacity(48, 2) == 2
    assert refusal.value.needed_bytes > 2


def test_a_modulus_that_is_none_is_refused(pair):
    with pytest.raises(ConfigError):
        hide_jxl_digits(*pair, modulus=1, rng=rng())
    with pytest.raises(ConfigError):
        show_jxl_digits(pair[0], modulus=300)


@pytest.mark.parametrize("level", [0, 1, 255])
def test_a_picture_that_hides_nothing_is_refused(level):
    flat = np.full((20, 30, 3), level, np.uint8)
    with pytest.raises(PayloadError):
        show_jxl_lsb(flat)
    with pytest.raises(PayloadError):
        show_jxl_digits(flat, modulus=3)


def test_a_picture_of_another_shape_is_refused(pair):
    cover, secret = pair
    stego = hide_jxl_digits(cover, secret, modulus=3, rng=rng())
    with pytest.raises(PayloadError):
        show_jxl_digits(stego.transpose(1, 0, 2).copy(), modulus=3)
    # the same samples in the same order, but the picture inside is wider
    with pytest.raises(PayloadError, match="128x96 pixels, expected 96x128"):
        show_jxl_digits(stego.reshape(128, 96, 3), modulus=3)


def test_the_wrong_modulus_does_not_show_the_secret(pair):
    cover, secret = pair
    stego = hide_jxl_digits(cover, secret, modulus=3, rng=rng())
    with pytest.raises(PayloadError):
        show_jxl_digits(stego, modulus=5)


def test_noise_over_the_stego_ends_it(pair):
    cover, secret = pair
    stego = hide_jxl_digits(cover, secret, modulus=4, rng=rng())
    upward = np.ones(stego.size, np.bool_)
    noise = rng().integers(0, 4, stego.size, np.uint8)
    with pytest.raises(PayloadError):
        show_jxl_digits(embed_digits(stego.ravel(), noise, 4, upward).reshape(stego.shape), modulus=4)
