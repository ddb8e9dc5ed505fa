import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftveil.errors import PayloadError
from liftveil.exact.head import DigitLayout, Head, TrellisLayout, opened_head, parsed_head, sealed_head, written_head

KEY = bytes(range(32))
DIGITS = Head(DigitLayout(3, 5, 1000, 234), 77)
TRELLIS = Head(TrellisLayout(10), 1234)
FIELDS = "<BBHHIIBxQ24x"

counts = st.integers(0, 2**32 - 1)
layouts = st.one_of(
    st.integers(0, 126).flatmap(
        lambda half: st.builds(DigitLayout, st.just(2 * half + 1), st.just(2 * half + 3), counts, counts)
    ),
    st.builds(TrellisLayout, st.integers(1, 12)),
)
heads = st.builds(Head, layouts, st.integers(16, 2**64 - 1))


@settings(deadline=None, max_examples=60)
@given(head=heads)
def test_what_is_sealed_opens(head):
    sealed = sealed_head(head, KEY, 640, 480)
    assert len(sealed) == 64
    assert opened_head(sealed, KEY, 640, 480) == head


def test_fields_lie_where_the_page_says():
    assert written_head(DIGITS) == struct.pack(FIELDS, 1, 0, 3, 5, 1000, 234, 0, 77)
    assert written_head(TRELLIS) == struct.pack(FIELDS, 1, 1, 0, 0, 0, 0, 10, 1234)


def test_another_key_size_or_bit_opens_nothing():
    sealed = sealed_head(DIGITS, KEY, 640, 480)
    assert opened_head(sealed, bytes(32), 640, 480) is None
    assert opened_head(sealed, KEY, 480, 640) is None
    for place in range(64):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        assert opened_head(changed, KEY, 640, 480) is None


@pytest.mark.parametrize(
    "values",
    [
        (1, 0, 4, 6, 10, 10, 0, 77),
        (1, 0, 3, 3, 10, 10, 0, 77),
        (1, 0, 3, 7, 10, 10, 0, 77),
        (1, 0, 255, 257, 10, 10, 0, 77),
        (1, 0, 3, 5, 10, 10, 1, 77),
        (1, 0, 3, 5, 10, 10, 0, 15),
        (1, 1, 0, 0, 0, 0, 0, 77),
        (1, 1, 0, 0, 0, 0, 13, 77),
        (1, 1, 3, 0, 0, 0, 10, 77),
        (1, 1, 0, 0, 1, 0, 10, 77),
        (1, 2, 3, 5, 10, 10, 0, 77),
    ],
)
def test_what_no_writer_makes_is_refused(values):
    with pytest.raises(PayloadError, match=r"^head: without sense$"):
        parsed_head(struct.pack(FIELDS, *values))


def test_other_versions_are_told():
    with pytest.raises(PayloadError, match="of version 2 of the format"):
        parsed_head(struct.pack(FIELDS, 2, 0, 3, 5, 10, 10, 0, 77))


@settings(deadline=None, max_examples=200)
@given(fields=st.binary(min_size=48, max_size=48))
def test_any_fields_are_read_or_refused(fields):
    with suppress(PayloadError):
        assert written_head(parsed_head(b"\x01" + fields[1:])) == b"\x01" + fields[1:]


def test_padding_that_is_not_zero_is_refused():
    for place in (15, *range(24, 48)):
        fields = bytearray(written_head(DIGITS))
        fields[place] = 1
        with pytest.raises(PayloadError):
            parsed_head(bytes(fields))
