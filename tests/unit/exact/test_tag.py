import hmac

import numpy as np

from liftveil.exact.tag import is_signed, signed

KEY = bytes(range(32))
RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 256, (20, 40, 3), dtype=np.uint8)
SLOTS = RNG.permutation(PICTURE.size)[:128].astype(np.intp)


def test_a_signed_picture_differs_in_lowest_bits_of_its_slots_alone():
    found = signed(PICTURE, SLOTS, KEY)
    changed = np.flatnonzero(found.reshape(-1) != PICTURE.reshape(-1))
    assert set(changed) <= set(SLOTS)
    assert 30 < changed.size < 98
    np.testing.assert_array_equal(found | 1, PICTURE | 1)


def test_the_code_is_that_of_the_rule():
    found = signed(PICTURE, SLOTS, KEY).reshape(-1)
    held = np.packbits(found[SLOTS] & 1).tobytes()
    cleared = PICTURE.reshape(-1).copy()
    cleared[SLOTS] &= 0xFE
    message = b"liftveil exact 1 " + bytes([40, 0, 0, 0, 20, 0, 0, 0]) + cleared.tobytes()
    assert held == hmac.digest(KEY, message, "sha256")[:16]


def test_every_changed_sample_is_noticed():
    good = signed(PICTURE, SLOTS, KEY)
    assert is_signed(good, SLOTS, KEY)
    assert not is_signed(good, SLOTS, bytes(32))
    for place in [0, good.size - 1, *SLOTS[:20], *RNG.integers(0, good.size, 200)]:
        changed = good.copy()
        changed.reshape(-1)[place] ^= 1 << RNG.integers(8)
        assert not is_signed(changed, SLOTS, KEY)


def test_another_shape_is_another_picture():
    good = signed(PICTURE, SLOTS, KEY)
    assert not is_signed(good.reshape(40, 20, 3), SLOTS, KEY)
