from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftveil.errors import PayloadError
from liftveil.exact.head import DigitLayout, TrellisLayout
from liftveil.exact.keystream import Keystream
from liftveil.exact.rates import layout_bytes
from liftveil.exact.writing import read_digits, read_trellis, write_digits, write_trellis

KEY = bytes(range(32))


def samples(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, count, dtype=np.uint8)


@settings(deadline=None, max_examples=80)
@given(half=st.integers(0, 126), first=st.integers(0, 300), second=st.integers(0, 300), seed=st.integers(0, 99))
def test_digits_come_back(half, first, second, seed):
    layout = DigitLayout(2 * half + 1, 2 * half + 3, first, second)
    cover = samples(first + second, seed)
    body = np.random.default_rng(seed).bytes(sum(layout_bytes(layout)))
    stego = write_digits(cover, body, layout, KEY, Keystream(bytes(32)))
    assert read_digits(stego, layout, KEY) == body
    moves = np.abs(stego.astype(int) - cover)
    assert moves[:first].max(initial=0) <= 2 * half
    if half == 0:
        assert moves[:first].max(initial=0) == 0


def test_every_digit_is_masked_also_those_behind_the_body():
    layout = DigitLayout(3, 5, 3000, 3000)
    body = bytes(sum(layout_bytes(layout)))  # digits of zeros are zeros, so what is written is the mask
    stego = write_digits(samples(6000), body, layout, KEY, Keystream(bytes(32)))
    np.testing.assert_array_equal(stego[:3000] % 3, Keystream(KEY, 0).digits(3, 3000))
    np.testing.assert_array_equal(stego[3000:] % 5, Keystream(KEY, 1).digits(5, 3000))


def test_another_mask_reads_another_body():
    layout = DigitLayout(5, 7, 500, 500)
    body = bytes(sum(layout_bytes(layout)))
    stego = write_digits(samples(1000), body, layout, KEY, Keystream(bytes(32)))
    with suppress(PayloadError):  # most digits spell nothing
        assert read_digits(stego, layout, bytes(32)) != body


@pytest.mark.parametrize("length", [1, 16, 100])
def test_codes_come_back_and_change_by_one(length):
    cover, body = samples(20_000), np.random.default_rng(length).bytes(length)
    costs = np.random.default_rng(1).random(cover.size, np.float32) + np.float32(0.1)
    stego = write_trellis(cover, costs, body, TrellisLayout(7), Keystream(bytes(32)))
    assert read_trellis(stego, TrellisLayout(7), length) == body
    moves = stego.astype(int) - cover
    assert set(moves.tolist()) <= {-1, 0, 1}
    # Signs are random, but at 0 and 255.
    inner = moves[(cover > 0) & (cover < 255)]
    if length == 100:
        assert 0.3 < (inner == 1).sum() / (inner != 0).sum() < 0.7


def test_a_body_longer_than_the_picture_is_refused():
    with pytest.raises(PayloadError, match="without sense"):
        read_trellis(samples(80), TrellisLayout(3), 11)
