import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftveil.errors import PayloadError
from liftveil.exact.body import Message, packed, packed_bytes, suggested_name, unpacked

names = st.text(st.characters(blacklist_categories=["Cs"]), max_size=300).map(suggested_name)
files = st.builds(Message, st.binary(max_size=200), st.just("file"), names, st.sampled_from(["", "image/png"]))
shapes = st.tuples(st.integers(1, 5000), st.integers(1, 5000)).flatmap(lambda hw: st.sampled_from([hw, (*hw, 3)]))
pictures = st.builds(Message, st.binary(max_size=200), st.just("picture"), names, st.just("image/jxl"), shapes)


@settings(deadline=None, max_examples=200)
@given(message=st.one_of(files, pictures), spare=st.integers(0, 50))
def test_what_is_packed_is_unpacked(message, spare):
    body = packed(message, packed_bytes(message) + spare)
    assert len(body) == packed_bytes(message) + spare
    assert unpacked(body) == message


@settings(deadline=None, max_examples=400)
@given(body=st.one_of(st.binary(max_size=80), st.binary(max_size=76).map(lambda rest: b"\0\x01\x02\0" + rest)))
def test_any_bytes_are_read_or_refused(body):
    try:
        message = unpacked(body)
    except PayloadError:
        return
    assert packed(message, len(body)) == body


def test_fields_lie_where_the_page_says():
    message = Message(b"abc", "picture", "é.png", "image/jxl", (4, 5, 3))
    expected = struct.pack("<BBBBIIQ", 1, 6, 9, 3, 5, 4, 3) + "é.png".encode() + b"image/jxl" + b"abc" + b"\0\0"
    assert packed(message, len(expected)) == expected
    grey = Message(b"", "picture", "", "", (4, 5))
    assert packed(grey, 20) == struct.pack("<BBBBIIQ", 1, 0, 0, 1, 5, 4, 0)


@pytest.mark.parametrize(
    ("given_name", "travels"),
    [
        ("report.pdf", "report.pdf"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a/../..", ""),
        (".", ""),
        ("..", ""),
        ("dir/", ""),
        (" . ", ""),
        ("a\x00b\nc\x7f\x9b.txt", "abc.txt"),
        ("gnp.\u202etxt", "gnp.txt"),
        ("\udc80x", "x"),
        (".hidden", ".hidden"),
        ("ü" * 200, "ü" * 127),
    ],
)
def test_names_travel_without_folders_and_tricks(given_name, travels):
    assert suggested_name(given_name) == travels
    assert suggested_name(travels) == travels
    assert len(travels.encode()) <= 255


GOOD = Message(b"content", "file", "name", "text/plain")


def crafted(*, kind=0, channels=0, width=0, height=0, name=b"name", media_type=b"text/plain", length=7, tail=b""):
    head = struct.pack("<BBBBIIQ", kind, len(name), len(media_type), channels, width, height, length)
    return head + name + media_type + b"content" + tail


def test_crafting_makes_what_packing_does():
    assert crafted() == packed(GOOD, packed_bytes(GOOD))


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": 2},
        {"channels": 3},
        {"width": 1},
        {"kind": 1},
        {"kind": 1, "channels": 2, "width": 4, "height": 4},
        {"kind": 1, "channels": 3, "width": 0, "height": 4},
        {"kind": 1, "channels": 3, "width": 2**20, "height": 2**20},
        {"name": b"../name"},
        {"name": b"na\x00me"},
        {"name": b".."},
        {"name": b"\xff"},
        {"media_type": b"text"},
        {"media_type": b"TEXT/\xc3"},
        {"length": 8},
        {"length": 2**63},
        {"length": 6},
        {"tail": b"\0\x01"},
    ],
)
def test_what_no_writer_makes_is_refused(changes):
    with pytest.raises(PayloadError, match=r"^body: "):
        unpacked(crafted(**changes))


def test_short_bodies_are_refused():
    for length in range(20):
        with pytest.raises(PayloadError, match=r"^body: too short"):
            unpacked(bytes(length))


@pytest.mark.parametrize(
    "message",
    [
        Message(b"", "file", "a/b"),
        Message(b"", "file", "x" * 256),
        Message(b"", "file", "", "nonsense"),
        Message(b"", "file", "", "", (4, 4)),
        Message(b"", "picture"),
        Message(b"", "picture", "", "", (4, 4, 4)),
        Message(b"", "picture", "", "", (0, 4)),
    ],
)
def test_what_could_not_be_read_again_is_not_written(message):
    with pytest.raises(PayloadError, match=r"^payload: has a name"):
        packed(message, 1000)


def test_messages_do_not_show_their_content():
    assert "content" not in repr(GOOD)
