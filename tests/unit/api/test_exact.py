"""The exact carrier through its functions: pictures, files, passwords, and which carrier is tried."""

import warnings
from hashlib import sha256

import numpy as np
import pytest
from PIL import Image

import liftveil
from liftveil.api import embed_exact_file, embed_exact_picture, extract_exact, find_exact, room_for
from liftveil.errors import CapacityError, PasswordError, PayloadError, PictureError
from liftveil.exact import CLOSED, Message, embed_message
from liftveil.imaging import Picture, picture_from
from liftveil.metrics import psnr


def cheap(password, salt):
    return sha256(password + salt).digest()


def hidden_file(cover, content, **options):
    return embed_exact_file(picture_from(cover, role="cover"), content, stretch=cheap, **options)


class TestPictures:
    def test_keep_the_wanted_quality_and_use_it(self, cropped):
        cover, secret = cropped(160, 120)
        for least_db in (56.0, 52.0, 48.0):
            stego = liftveil.embed(cover, secret, carrier="exact", min_psnr_db=least_db)
            assert least_db <= psnr(cover, stego) <= least_db + 0.7

    def test_with_more_room_are_better(self, cropped):
        cover, secret = cropped(160, 120)
        found = []
        for least_db in (58.0, 54.0, 50.0):
            recovered = liftveil.extract(liftveil.embed(cover, secret, carrier="exact", min_psnr_db=least_db))
            found.append(psnr(secret, recovered))
        assert found == sorted(found)
        assert found[0] > 20

    def test_without_loss_come_back_whatever_it_takes(self, pair):
        stego = liftveil.embed(*pair, carrier="exact", lossless=True)
        np.testing.assert_array_equal(liftveil.extract(stego), pair[1])
        np.testing.assert_array_equal(liftveil.extract(stego, carrier="exact"), pair[1])

    def test_may_have_another_size(self, pair):
        stego = liftveil.embed(pair[0], pair[1][:20, :30], carrier="exact", lossless=True)
        np.testing.assert_array_equal(liftveil.extract(stego), pair[1][:20, :30])

    def test_in_grey_come_back_as_arrays_of_height_and_width(self, pair):
        grey = np.ascontiguousarray(pair[1][..., 0])
        stego = liftveil.embed(pair[0], grey, carrier="exact", lossless=True)
        np.testing.assert_array_equal(liftveil.extract(stego), grey)

    def test_alpha_of_the_cover_stays_and_that_of_the_secret_is_laid_on_white(self, pair):
        alpha = np.full(pair[0].shape[:2], 90, np.uint8)
        with pytest.warns(liftveil.LiftveilNotice, match="laid on white"):
            stego = liftveil.embed(
                np.dstack([pair[0], alpha]), np.dstack([pair[1], alpha]), carrier="exact", lossless=True
            )
        np.testing.assert_array_equal(stego[..., 3], alpha)
        assert liftveil.extract(stego).shape == pair[1].shape

    def test_too_large_ones_are_refused(self, pair):
        noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
        with pytest.raises(CapacityError):
            liftveil.embed(pair[0], noise, carrier="exact", lossless=True)
        with pytest.raises(CapacityError):
            liftveil.embed(pair[0], pair[1], carrier="exact", min_psnr_db=90.0)

    def test_the_report_says_what_was_used(self, pair):
        pictures = Picture(pair[0], None, "a.png"), Picture(pair[1], None, "folder/b.png")
        result = embed_exact_picture(*pictures, password="word", stretch=cheap)
        assert (result.message.kind, result.message.name) == ("picture", "b.png")
        np.testing.assert_array_equal(result.secret, pair[1])
        found = extract_exact(result.stego, password="word", stretch=cheap)
        assert found.message == result.message
        assert found.recovered.shape == pair[1].shape

    def test_that_are_none_are_refused_with_the_one_message(self, pair):
        """Anybody can seal a message without a password, also one whose picture cannot be decoded."""
        for content, shape in ((b"\xff\x0anonsense", (8, 8, 3)), (b"", (4, 4))):
            stego = embed_message(pair[0], Message(content, "picture", "", "image/jxl", shape))
            for act in (lambda of: liftveil.extract(of), lambda of: liftveil.extract(of, carrier="exact")):
                with pytest.raises(PayloadError) as refusal:
                    act(stego)
                assert str(refusal.value) == f"stego: {CLOSED}"


class TestFiles:
    def test_come_back_with_their_name_and_type(self, pair):
        stego = liftveil.embed_bytes(pair[0], b"content", name="/tmp/notes.txt", media_type="text/plain")
        found = liftveil.extract_bytes(stego)
        assert (found.content, found.name, found.media_type) == (b"content", "notes.txt", "text/plain")
        assert "content" not in repr(found)

    def test_from_an_array_or_a_path(self, pair, tmp_path):
        liftveil.save(tmp_path / "cover.png", pair[0])
        liftveil.save(tmp_path / "stego.webp", liftveil.embed_bytes(tmp_path / "cover.png", b""))
        assert liftveil.extract_bytes(tmp_path / "stego.webp").content == b""

    @pytest.mark.parametrize(("content", "kind"), [(b"%PDF-1.7", "application/pdf"), (b"text", "")])
    def test_a_few_types_are_recognised(self, pair, content, kind):
        assert hidden_file(pair[0], content).message.media_type == kind

    def test_are_no_pictures(self, pair):
        stego = liftveil.embed_bytes(pair[0], b"content")
        for carrier in (None, "exact"):
            with pytest.raises(PayloadError, match="hides a file, not a picture; get it with extract_bytes"):
                liftveil.extract(stego, carrier=carrier)

    def test_pictures_can_be_had_as_bytes(self, pair):
        stego = liftveil.embed(*pair, carrier="exact", lossless=True)
        found = liftveil.extract_bytes(stego)
        assert found.media_type == "image/jxl"
        assert found.content.startswith(b"\xff\x0a")

    def test_a_nonsensical_type_is_refused(self, pair):
        with pytest.raises(PayloadError, match="media type"):
            liftveil.embed_bytes(pair[0], b"", media_type="nonsense")

    def test_room_is_what_fits_to_the_byte(self, pair):
        cover = picture_from(pair[0], role="cover")
        room = room_for(cover, 46.0)
        result = hidden_file(pair[0], bytes(room), least_db=46.0)
        assert psnr(pair[0], result.stego.rgb_u8) >= 46.0
        with pytest.raises(CapacityError) as refusal:
            hidden_file(pair[0], bytes(room + 1), least_db=46.0)
        assert (refusal.value.needed_bytes, refusal.value.capacity_bytes) == (room + 1, room)

    def test_without_a_wanted_quality_all_there_is_may_be_used(self, pair):
        with pytest.raises(CapacityError) as refusal:
            hidden_file(pair[0], bytes(10**6))
        result = hidden_file(pair[0], bytes(refusal.value.capacity_bytes))
        assert extract_exact(result.stego).message.content == bytes(refusal.value.capacity_bytes)


class TestPasswords:
    def test_open_what_they_closed_and_nothing_else(self, pair):
        stego = liftveil.embed_bytes(pair[0], b"content", password="grün")
        assert liftveil.extract_bytes(stego, password="gru\u0308n").content == b"content"
        for password in (None, "grun", "grün "):
            with pytest.raises(PayloadError) as refusal:
                liftveil.extract_bytes(stego, password=password)
            assert str(refusal.value) == f"stego: {CLOSED}"

    def test_are_not_for_the_neural_carrier(self, pair):
        for act in (
            lambda: liftveil.embed(*pair, password="word"),
            lambda: liftveil.extract(pair[0], carrier="neural", password="word"),
            lambda: liftveil.extract(pair[0], model="starinn", password="word"),
        ):
            with pytest.raises(PasswordError, match="the neural carrier takes none"):
                act()

    def test_that_are_empty_or_no_text_are_refused(self, pair):
        for password in ("", "a\udc80"):
            with pytest.raises(PasswordError) as refusal:
                liftveil.embed(*pair, carrier="exact", password=password)
            assert "\udc80" not in str(refusal.value)


class TestChoice:
    """Without a password the exact carrier is tried, then the neural one; with one, the exact one alone."""

    def test_finds_what_either_carrier_hid(self, pair):
        exact = liftveil.embed(*pair, carrier="exact", lossless=True)
        np.testing.assert_array_equal(liftveil.extract(exact), pair[1])
        neural = liftveil.embed(*pair)
        assert psnr(pair[1], liftveil.extract(neural)) > 25

    def test_can_be_forbidden_to_fall_back(self, pair):
        exact = liftveil.embed(*pair, carrier="exact", lossless=True)
        assert liftveil.extract(exact, carrier="neural").shape == pair[1].shape
        assert (liftveil.extract(exact, carrier="neural") != pair[1]).any()
        with pytest.raises(PayloadError, match="cannot be opened"):
            liftveil.extract(liftveil.embed(*pair), carrier="exact")

    def test_of_a_damaged_exact_stego_is_a_refusal_where_its_head_survives(self, pair):
        exact = liftveil.embed(*pair, carrier="exact", lossless=True)
        exact[10:20] ^= 2
        with pytest.raises(PayloadError, match="cannot be opened"):
            liftveil.extract(exact)

    def test_knows_two_carriers(self, pair):
        for act in (
            lambda: liftveil.embed(*pair, carrier="exactly"),
            lambda: liftveil.extract(pair[0], carrier="exactly"),
        ):
            with pytest.raises(PayloadError, match="there is none called 'exactly'; use neural or exact"):
                act()


def test_small_covers_are_refused_and_small_stegos_hide_nothing():
    small = np.zeros((26, 26, 3), np.uint8)
    for act in (lambda: liftveil.embed_bytes(small, b""), lambda: liftveil.embed(small, small, carrier="exact")):
        with pytest.raises(PictureError, match=r"cover: 26x26 pixels is too small for the exact carrier; use a pict"):
            act()
    assert find_exact(picture_from(small, role="stego")) is None
    with pytest.raises(PayloadError, match="cannot be opened"):
        liftveil.extract_bytes(small)


def test_lossy_formats_are_told(pair, tmp_path):

    Image.fromarray(liftveil.embed(*pair, carrier="exact")).save(tmp_path / "stego.jpg", quality=100)
    with pytest.raises(PayloadError, match="cannot be opened"):
        liftveil.extract(tmp_path / "stego.jpg", carrier="exact")


def test_nothing_is_noticed_where_nothing_changed(pair):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        liftveil.extract_bytes(liftveil.embed_bytes(pair[0], b"x"))
