"""What the body's digits show to whoever reads them in keyed order, by scipy's tests: nothing.

Over many stegos, the p-values of a test of uniform, independent digits are themselves uniform. This says nothing about
detectability: that the digits are there can be seen from what they do to the cover.
"""

from hashlib import sha256

import numpy as np
import pytest
from scipy import stats

from liftveil.exact import Message, embed_message
from liftveil.exact.container import _free, _places, _read_bytes, _salt_slots
from liftveil.exact.keys import derive_keys
from liftveil.exact.keystream import Keystream
from liftveil.exact.slots import keyed_order

STEGOS = 200
SIDE = 48
LEAST_P = 0.001

CASES = {3: 1000, 5: 1500, 7: 2000}
"""Bytes of content by the modulus m2 that most slots then take."""


def cheap(password, salt):
    return sha256(password + salt).digest()


def body_digits(stego, password, modulus):
    """Residues in keyed order, of the slots modulo m2: the last ones."""
    salt_slots = _salt_slots(stego)
    keys = derive_keys(password, _read_bytes(stego.reshape(-1), salt_slots), cheap)
    free = stego[_free(stego, _places(keys, stego.size, salt_slots))]
    ordered = free[keyed_order(Keystream(keys.order, 1), free.size)]
    return ordered[-3000:] % modulus


def chi_square(digits, modulus):
    return stats.chisquare(np.bincount(digits, minlength=modulus)).pvalue


def runs(digits, modulus):
    """Pairs of neighbours that are alike: as many as independent digits have."""
    alike = int((digits[1:] == digits[:-1]).sum())
    share = 1 / modulus
    count = digits.size - 1
    return 2 * stats.norm.sf(abs(alike - count * share) / (count * share * (1 - share)) ** 0.5)


def serial(digits, modulus):  # noqa: ARG001 - as the others
    return stats.pearsonr(digits[1:].astype(float), digits[:-1].astype(float)).pvalue


TESTS = {test.__name__: test for test in (chi_square, runs, serial)}


@pytest.fixture(scope="module", params=list(CASES))
def digits(request):
    """Of many stegos of one flat cover, on which nothing else could hide a pattern."""
    modulus = request.param
    cover = np.full((SIDE, SIDE, 3), 128, np.uint8)
    message = Message(bytes(CASES[modulus]))
    # Entropy is drawn once and for all: a test of chance would fail by chance.
    entropy = np.random.default_rng(modulus).bytes
    stegos = (embed_message(cover, message, f"word {n}", entropy=entropy, stretch=cheap) for n in range(STEGOS))
    return modulus, [body_digits(stego, f"word {n}", modulus) for n, stego in enumerate(stegos)]


@pytest.mark.parametrize("name", TESTS)
class TestPValues:
    def test_are_uniform(self, digits, name):
        modulus, found = digits
        values = [TESTS[name](each, modulus) for each in found]
        assert stats.kstest(values, "uniform").pvalue > LEAST_P

    def test_of_a_planted_bias_are_not(self, digits, name):
        """One digit of twenty repeats the one before, or is 0 for the test of frequencies alone."""
        modulus, found = digits
        values = [TESTS[name](biased(each, number, name), modulus) for number, each in enumerate(found)]
        assert stats.kstest(values, "uniform").pvalue < LEAST_P


def biased(digits, seed, name):
    changed = digits.copy()
    places = 1 + np.flatnonzero(np.random.default_rng(seed).random(digits.size - 1) < 0.05)
    changed[places] = 0 if name == "chi_square" else changed[places - 1]
    return changed
