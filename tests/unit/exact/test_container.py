"""Messages in pictures: what comes back, what is refused, what can be seen from outside."""

from hashlib import sha256

import numpy as np
import pytest

from liftveil.errors import CapacityError, PasswordError, PayloadError, ShapeError
from liftveil.exact import CLOSED, Message, embed_message, extract_message
from liftveil.exact.container import RESERVED, body_slots, overhead_bytes, padme
from liftveil.exact.rates import most_bytes

PAIRS = 300


def cheap(password, salt):
    """Stands in for Argon2id, which takes a third of a second."""
    return sha256(password + salt).digest()


def cover(height, width, seed=0):
    rng = np.random.default_rng(seed)
    smooth = rng.normal(rng.uniform(40, 210), rng.uniform(1, 60), (height, width, 3))
    return np.clip(smooth, 0, 255).astype(np.uint8)


def seeded(seed):
    """Entropy that can be had again."""
    rng = np.random.default_rng(seed)
    return lambda count: rng.bytes(count)


def hidden(picture, message, password=None, **options):
    return embed_message(picture, message, password, stretch=cheap, **options)


def found(picture, password=None):
    return extract_message(picture, password, stretch=cheap)


def room(picture):
    return most_bytes(body_slots(picture)) - overhead_bytes(Message(b""))


def drawn_case(number):
    """A random picture, message and password; payloads from nothing to all there is room for."""
    rng = np.random.default_rng(number)
    height = int(rng.integers(1, 60))
    width = int(rng.integers(-(-2048 // (3 * height)), 800 // height + -(-2048 // (3 * height))))
    picture = cover(height, width, number)
    most = room(picture)
    length = [0, most, int(rng.integers(0, most + 1)), int(rng.integers(0, min(60, most + 1)))][number % 4]
    return picture, Message(rng.bytes(length)), None if number % 3 else "pass word"


@pytest.mark.parametrize("number", range(PAIRS))
def test_round_trips_and_tampering(number):
    picture, message, password = drawn_case(number)
    before = picture.copy()
    stego = hidden(picture, message, password)
    np.testing.assert_array_equal(picture, before)
    assert (stego.shape, stego.dtype) == (picture.shape, np.uint8)
    assert found(stego, password) == message
    rng = np.random.default_rng(number)
    changed = stego.copy()
    places = rng.choice(stego.size, rng.integers(1, 11), replace=False)
    moves = rng.integers(1, 256, places.size).astype(np.uint8)  # never 0, so every place changes
    changed.reshape(-1)[places] += moves
    refused(changed, password)
    refused(stego, "another" if password else "password")
    refused(stego[:, :-1] if stego[:, :-1].size >= 2048 else np.flip(stego, 1), password)


def refused(picture, password):
    """Nothing is found if not even the head opens, else there is the one message."""
    outcome = None
    try:
        outcome = found(picture, password)
    except PayloadError as refusal:
        outcome = str(refusal)
    assert outcome in {None, f"stego: {CLOSED}"}


def test_a_change_that_spares_the_head_gives_the_one_message():
    stego = hidden(cover(40, 40), Message(b"x" * 500), "a", entropy=seeded(1))
    messages = set()
    for place in range(0, stego.size, 37):
        changed = stego.copy()
        changed.reshape(-1)[place] ^= 2  # lowest bits stay, so salt, head and tag do
        with pytest.raises(PayloadError) as refusal:
            found(changed, "a")
        messages.add(str(refusal.value))
    assert messages == {f"stego: {CLOSED}"}


def test_pictures_that_hide_nothing_have_nothing_found():
    for seed in range(20):
        assert found(cover(30, 30, seed)) is None


def test_without_a_password_nobody_needs_one_and_with_one_nobody_else_gets_in():
    open_one, locked = (hidden(cover(30, 30), Message(b"secret"), word) for word in (None, "word"))
    assert found(open_one).content == b"secret"
    assert found(open_one, "word") is None
    assert found(locked) is None
    assert found(locked, "Word") is None
    assert found(locked, "word").content == b"secret"


def test_nothing_is_made_twice():
    picture, message = cover(40, 40), Message(b"same")
    first, second = (hidden(picture, message, "word") for _ in range(2))
    assert (first != second).mean() > 0.001
    again = [hidden(picture, message, "word", entropy=seeded(5)) for _ in range(2)]
    np.testing.assert_array_equal(*again)


@pytest.mark.parametrize("over", [1, 2, 1000])
def test_one_byte_over_capacity_is_refused_with_the_exact_numbers(over):
    picture = cover(30, 40)
    most = room(picture)
    assert found(hidden(picture, Message(bytes(most)))).content == bytes(most)
    with pytest.raises(CapacityError) as refusal:
        hidden(picture, Message(bytes(most + over)))
    assert (refusal.value.needed_bytes, refusal.value.capacity_bytes) == (most + over, most)


def test_a_name_takes_room_of_the_content():
    picture = cover(30, 40)
    with pytest.raises(CapacityError) as refusal:
        hidden(picture, Message(bytes(room(picture)), name="abc"))
    assert refusal.value.capacity_bytes == room(picture) - 3


def test_small_messages_move_samples_by_one_at_most_and_few_of_them():
    picture = cover(200, 200)
    stego = hidden(picture, Message(bytes(200)))
    assert np.abs(stego.astype(int) - picture).max() == 1
    assert (stego != picture).mean() < 0.02


def test_large_messages_use_the_smallest_moduli():
    picture = cover(60, 60)
    stego = hidden(picture, Message(bytes(1700)))  # 1.38 bits for each slot: less than log2 3
    moves = np.abs(stego.astype(int) - picture)
    assert moves[(picture > 0) & (picture < 255)].max() == 1
    assert np.square(moves).mean() < 0.7


@pytest.mark.parametrize("shape", [(26, 26, 3), (30, 30), (30, 30, 4), (0, 30, 3)])
def test_what_is_no_such_picture_is_refused(shape):
    for act in (lambda picture: hidden(picture, Message(b"")), found):
        with pytest.raises(ShapeError) as refusal:
            act(np.zeros(shape, np.uint8))
        assert refusal.value.actual_shape == shape


def test_an_empty_password_is_refused():
    for act in (lambda: hidden(cover(30, 30), Message(b""), ""), lambda: found(cover(30, 30), "")):
        with pytest.raises(PasswordError):
            act()


def test_views_and_other_orders_are_taken():
    picture = cover(30, 40)
    for view in (picture[::-1], picture[:, ::-1], np.asfortranarray(picture)):
        assert found(hidden(view, Message(b"view"))).content == b"view"


def test_reserved_slots_are_salt_tag_and_head():
    assert RESERVED == 128 + 128 + 512
    assert body_slots(cover(30, 30)) == 2700 - RESERVED


@pytest.mark.parametrize(("length", "padded"), [(2, 2), (3, 3), (9, 10), (100, 104), (1000, 1024), (10**6, 1015808)])
def test_padme_is_that_of_its_paper(length, padded):
    """Nikitin et al.: floor(log2 L) - (floor(log2 floor(log2 L)) + 1) low bits become 0."""
    assert padme(length) == padded
    assert padme(padded) == padded
    assert length <= padded <= 1.12 * length
