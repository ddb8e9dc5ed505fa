import numpy as np
import pytest

from liftveil.errors import CapacityError, PayloadError
from liftveil.exact import Message, compress_lossless, content_at, fitted_message, picture_of, require_room
from liftveil.exact.container import RESERVED, overhead_bytes
from liftveil.exact.pictures import picture_message
from liftveil.exact.rates import most_bytes
from liftveil.metrics import psnr


@pytest.fixture
def secret(cropped):
    return cropped(96, 64)[1]


def test_without_a_limit_every_sample_comes_back(secret):
    message = picture_message(secret, name="secret.png")
    assert (message.kind, message.name, message.media_type, message.shape) == (
        "picture",
        "secret.png",
        "image/jxl",
        secret.shape,
    )
    np.testing.assert_array_equal(picture_of(message), secret)


def test_grey_pictures_stay_grey(secret):
    grey = np.ascontiguousarray(secret[..., 1])
    np.testing.assert_array_equal(picture_of(picture_message(grey)), grey)


def test_a_limit_is_kept_and_used(secret):
    exact = len(compress_lossless(secret).data)
    message = picture_message(secret, most_content=exact // 3)
    assert 0.8 * exact // 3 < len(message.content) <= exact // 3
    assert psnr(secret, picture_of(message)) > 28
    np.testing.assert_array_equal(picture_of(picture_message(secret, most_content=exact)), secret)


def test_too_small_a_limit_is_refused(secret):
    with pytest.raises(CapacityError) as refusal:
        picture_message(secret, most_content=20)
    assert refusal.value.capacity_bytes == 20


def test_a_wanted_quality_of_the_stego_limits_the_secret(cropped):
    cover, secret = cropped(160, 120)
    for least_db in (60.0, 55.0):
        room = content_at(cover, least_db, Message(b"", "picture", "", "image/jxl", secret.shape))
        assert 0.8 * room < len(fitted_message(cover, secret, least_db).content) <= room
    assert fitted_message(cover, secret, None) == picture_message(secret)


def test_files_are_no_pictures():
    with pytest.raises(PayloadError, match="is a file, not a picture"):
        picture_of(Message(b"file"))


def test_pictures_of_another_size_than_stated_are_refused(secret):
    message = picture_message(secret)
    with pytest.raises(PayloadError, match="expected 97x64"):
        picture_of(Message(message.content, "picture", "", "image/jxl", (64, 97, 3)))


def test_room_is_less_where_more_quality_is_wanted(secret):
    empty = Message(b"")
    rooms = [content_at(secret, least_db, empty) for least_db in (120, 60, 50, 46, 40, 30)]
    assert rooms == sorted(rooms)
    assert rooms[0] == 0
    assert content_at(secret, 46, Message(b"", name="abc")) == content_at(secret, 46, empty) - 3


def test_what_does_not_fit_is_refused_with_both_numbers(secret):
    room = content_at(secret, 46, Message(b""))
    require_room(secret, Message(bytes(room)), 46)
    with pytest.raises(CapacityError) as refusal:
        require_room(secret, Message(bytes(room + 1)), 46)
    assert (refusal.value.needed_bytes, refusal.value.capacity_bytes) == (room + 1, room)
    most = most_bytes(secret.size - RESERVED) - overhead_bytes(Message(b""))
    require_room(secret, Message(bytes(most)))
    with pytest.raises(CapacityError):
        require_room(secret, Message(bytes(most + 1)))
