import hashlib
import hmac
from dataclasses import astuple

import pytest

from liftveil.errors import PasswordError
from liftveil.exact.keys import argon2id, derive_keys, password_bytes

SALT = bytes(range(16))


def test_without_a_password_the_keys_are_those_of_the_rule():
    # RFC 5869 by hand: extract with the salt, expand once; then expand for each name.
    extracted = hmac.digest(SALT, b"liftveil exact 1 no password", "sha256")
    master = hmac.digest(extracted, b"\x01", "sha256")
    names = ("order", "head", "body", "mask", "tag")
    expected = [hmac.digest(master, b"liftveil exact 1 " + name.encode() + b"\x01", "sha256") for name in names]
    assert list(astuple(derive_keys(None, SALT))) == expected


def test_every_salt_and_password_makes_keys_of_its_own():
    def cheap(password, salt):
        return hashlib.sha256(password + salt).digest()

    keys = [derive_keys(word, salt, cheap) for word in (None, "a", "b") for salt in (SALT, bytes(16))]
    assert len({key for each in keys for key in astuple(each)}) == 5 * len(keys)


def test_a_password_is_stretched_by_argon2id():
    # What the reference implementation gave, through argon2-cffi: three passes, 64 MiB, one lane, version 1.3.
    expected = "def6fd068289b9a0cf1114f8e978a2c4dab6faef377d895b9c2d59fc93fc5653"
    assert argon2id(b"password", SALT).hex() == expected
    assert derive_keys("password", SALT) == derive_keys("password", SALT, argon2id)


def test_composed_and_decomposed_letters_are_one_password():
    assert password_bytes("gru\u0308n") == password_bytes("gr\u00fcn") == "gr\u00fcn".encode()


@pytest.mark.parametrize(("password", "problem"), [("", "is empty"), ("a\udc80b", "holds half characters")])
def test_what_is_no_password_is_refused_without_telling_it(password, problem):
    with pytest.raises(PasswordError, match=f"^password: {problem}") as refusal:
        derive_keys(password, SALT)
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


def test_keys_do_not_show_themselves():
    keys = derive_keys(None, SALT)
    assert not any(key.hex() in repr(keys) or str(key) in repr(keys) for key in astuple(keys))
