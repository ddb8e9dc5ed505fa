"""Four bits in four bits, for all pairs of levels: there are few enough."""

import numpy as np
import pytest

from liftveil.classical import hide_high_nibbles, show_high_nibbles
from liftveil.errors import ShapeError

LEVELS = np.arange(256, dtype=np.uint8)


def test_high_nibbles_of_all_pairs_of_levels():
    cover, secret = (grid.astype(np.uint8) for grid in np.mgrid[:256, :256])
    stego = hide_high_nibbles(cover, secret)
    recovered = show_high_nibbles(stego)
    assert np.array_equal(stego // 16, cover // 16)
    assert np.array_equal(recovered // 16, secret // 16)
    assert np.abs(recovered.astype(int) - secret).max() == 8


def test_no_other_fill_has_a_smaller_mean_error():
    levels = LEVELS.astype(int)
    errors = {fill: np.mean((levels // 16 * 16 + fill - levels) ** 2) for fill in range(16)}
    repeated = np.mean((levels // 16 * 17 - levels) ** 2)
    recovered = show_high_nibbles(hide_high_nibbles(LEVELS, LEVELS)).astype(int)
    assert np.mean((recovered - levels) ** 2) == errors[8] == min(errors.values()) == 21.5 < repeated
    assert (recovered[0], recovered[255]) == (8, 248)


def test_nibbles_of_different_shapes_are_refused():
    with pytest.raises(ShapeError) as refusal:
        hide_high_nibbles(np.zeros((4, 5, 3), np.uint8), np.zeros((4, 5, 1), np.uint8))
    assert refusal.value.actual_shape == (4, 5, 1)
