"""The exact carrier's format against RFC 8439 and a decoder that was written from its page alone."""

import json
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from liftveil.exact import Message, embed_message
from liftveil.exact.head import DigitLayout, Head, sealed_head
from liftveil.exact.keys import argon2id, derive_keys
from liftveil.exact.keystream import Keystream
from liftveil.exact.slots import drawn_slots, keyed_order, keyed_words, public_words
from liftveil.exact.trellis import columns

from . import exact_decoder

# RFC 8439, appendix A.1, test vectors 1 and 2: blocks 0 and 1 of a key and nonce of zeros.
ZERO_BLOCKS = bytes.fromhex(
    "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
    "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"
    "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
    "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f"
)


def cover(width, height):
    return np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8)


def decoded(stego, **options):
    height, width = stego.shape[:2]
    return exact_decoder.decode(width, height, stego.reshape(-1).tolist(), **options)


def test_both_keystreams_are_those_of_the_standard():
    assert Keystream(bytes(32)).take(128).tobytes() == ZERO_BLOCKS
    assert exact_decoder.taken(exact_decoder.keystream(bytes(32)), 128) == ZERO_BLOCKS


def test_the_decoders_poly1305_is_that_of_the_standard():
    # RFC 8439, section 2.5.2.
    key = bytes.fromhex("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b")
    code = exact_decoder.poly1305(key, b"Cryptographic Forum Research Group")
    assert code.hex() == "a8061dc1305136c6c22b8baf0c0127a9"


@pytest.mark.parametrize(("width", "height"), [(683, 1), (27, 26), (40, 31)])
@pytest.mark.parametrize("length", [0, 1, 40, 200])
def test_a_stranger_reads_what_was_hidden(width, height, length):
    content = np.random.default_rng(length).bytes(length)
    stego = embed_message(cover(width, height), Message(content, name="größe.bin", media_type="application/zip"))
    assert decoded(stego) == (0, "größe.bin", "application/zip", (0, 0, 0), content)


def test_a_stranger_reads_what_a_code_hid():
    stego = embed_message(cover(80, 70), Message(b"", media_type="text/plain"))
    assert np.abs(stego.astype(int) - cover(80, 70)).max() == 1
    assert decoded(stego) == (0, "", "text/plain", (0, 0, 0), b"")


def test_a_stranger_with_the_key_reads_what_a_password_hid():
    stego = embed_message(cover(30, 30), Message(b"x"), "pass", stretch=lambda word, salt: sha256(word + salt).digest())
    assert decoded(stego) is None
    found = decoded(stego, key_of_salt=lambda salt: sha256(b"pass" + salt).digest())
    assert found == (0, "", "", (0, 0, 0), b"x")


def test_a_hidden_picture_says_its_size():
    message = Message(b"codestream", "picture", "", "image/jxl", (7, 9, 3))
    assert decoded(embed_message(cover(30, 30), message))[:4] == (1, "", "image/jxl", (3, 9, 7))


@pytest.fixture(scope="module")
def page():
    """The numbers of the page."""
    text = (Path(__file__).parents[2] / "docs" / "theory" / "exact-format.md").read_text("utf-8")
    return json.loads(text.split("```json\n")[1].split("```")[0])


class TestVectors:
    """The numbers on the page are those of the package."""

    SALT = bytes(range(16))
    SIZE = (32, 24)
    SAMPLES = 3 * 32 * 24

    def test_of_keys(self, page):
        keys = derive_keys(None, self.SALT)
        assert {name: key.hex() for name, key in asdict(keys).items()} == page["keys without a password"]
        assert argon2id(b"password", self.SALT).hex() == page['K of the password "password"']

    def test_of_slots(self, page):
        keys, taken = derive_keys(None, self.SALT), set()
        salt = drawn_slots(public_words(*self.SIZE), self.SAMPLES, 128, taken)
        words = keyed_words(Keystream(keys.order))
        tag, head = (drawn_slots(words, self.SAMPLES, count, taken) for count in (128, 512))
        found = {"salt": salt, "tag": tag, "head": head}
        assert {name: slots[:8].tolist() for name, slots in found.items()} == {
            name: page[f"first {name} slots"] for name in found
        }
        free = np.setdiff1d(np.arange(self.SAMPLES), list(taken))
        order = free[keyed_order(Keystream(keys.order, 1), free.size)]
        assert order[:8].tolist() == page["first body slots in keyed order"]

    def test_of_masks_columns_and_a_head(self, page):
        keys = derive_keys(None, self.SALT)
        masks = [Keystream(keys.mask, number).digits(m, 16).tolist() for number, m in ((0, 3), (1, 5))]
        assert masks == page["first mask digits modulo 3, then 5"]
        assert columns(10)[:8].tolist() == exact_decoder.columns(10)[:8] == page["first columns of height 10"]
        [name] = [name for name in page if name.startswith("sealed head")]
        sealed = sealed_head(Head(DigitLayout(3, 5, 1000, 536), 341), keys.head, *self.SIZE)
        assert sealed.hex() == page[name]
