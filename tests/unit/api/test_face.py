import os
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import liftveil
from liftveil.api import embed_pictures, extract_picture
from liftveil.errors import (
    ConfigError,
    ModelError,
    OutputExists,
    PasswordError,
    PayloadError,
    PictureError,
    PictureSizeError,
    ShapeError,
    UnreadablePicture,
    UnsupportedOutput,
)
from liftveil.imaging import Picture, luma, picture_from, read_picture, to_u8
from liftveil.metrics import psnr
from liftveil.weights import EMBED_FILE, EXTRACT_FILE, find_model


def noticed(recorded):
    return [str(entry.message) for entry in recorded]


class TestForms:
    """Paths, Pillow pictures and arrays are the same to embed and extract."""

    @pytest.fixture
    def forms(self, pair, tmp_path):
        paths = [tmp_path / "cover.png", tmp_path / "secret.png"]
        for path, pixels in zip(paths, pair, strict=True):
            Image.fromarray(pixels).save(path)
        return {
            "arrays": pair,
            "paths": paths,
            "strings": [str(path) for path in paths],
            "contents": [path.read_bytes() for path in paths],
            "Pillow pictures": [Image.fromarray(pixels) for pixels in pair],
            "mixed": [paths[0], pair[1]],
        }

    @pytest.mark.parametrize("form", ["paths", "strings", "contents", "Pillow pictures", "mixed"])
    def test_embed(self, forms, form):
        np.testing.assert_array_equal(liftveil.embed(*forms[form]), liftveil.embed(*forms["arrays"]))

    def test_extract(self, pair, tmp_path):
        stego = liftveil.embed(*pair)
        liftveil.save(tmp_path / "stego.png", stego)
        path = tmp_path / "stego.png"
        forms = [stego, path, str(path), path.read_bytes(), Image.fromarray(stego)]
        recovered = [liftveil.extract(form) for form in forms]
        for other in recovered[1:]:
            np.testing.assert_array_equal(other, recovered[0])

    def test_inputs_are_not_changed(self, pair):
        before = [picture.copy() for picture in pair]
        liftveil.extract(liftveil.embed(*pair))
        np.testing.assert_array_equal(pair, before)

    @pytest.mark.parametrize("thing", [None, 3, [[1]]])
    def test_other_things_are_refused(self, pair, thing):
        for act in (
            lambda: liftveil.embed(thing, pair[1]),
            lambda: liftveil.embed(pair[0], thing),
            lambda: liftveil.extract(thing),
        ):
            with pytest.raises(PictureError, match=r"^(cover|secret|stego): a \w+ is no picture; give a path"):
                act()

    @pytest.mark.parametrize("content", [b"", b"\x89PNG", b"no picture at all"])
    def test_contents_of_other_files_are_refused(self, pair, content):
        with pytest.raises(UnreadablePicture, match=r"^cover: is no picture"):
            liftveil.embed(content, pair[1])

    def test_floats_are_refused(self, pair):
        with pytest.raises(PictureError, match=r"^cover: an array of float64 is on no known scale"):
            liftveil.embed(pair[0] / 255, pair[1])

    def test_arrays_of_another_shape_are_refused(self):
        with pytest.raises(ShapeError, match="for the stego") as refusal:
            liftveil.extract(np.zeros((20, 20, 2), np.uint8))
        assert refusal.value.actual_shape == (20, 20, 2)


def test_both_photographs_fare_well(cropped, least):
    cover, secret = cropped(512, 512)
    stego = liftveil.embed(cover, secret)
    assert psnr(cover, stego) >= least.cover_db
    assert psnr(secret, liftveil.extract(stego)) >= least.secret_db


@pytest.mark.parametrize(("width", "height"), [(16, 16), (33, 47), (47, 33), (641, 427)])
def test_any_size_from_16_up(cropped, least, width, height):
    cover, secret = cropped(width, height)
    stego = liftveil.embed(cover, secret)
    recovered = liftveil.extract(stego)
    assert stego.shape == recovered.shape == (height, width, 3)
    assert psnr(cover, stego) >= least.recognisable_db
    assert psnr(secret, recovered) >= least.recognisable_db


@pytest.mark.parametrize(("width", "height"), [(1, 1), (15, 40), (40, 15)])
class TestTooSmall:
    @pytest.mark.parametrize("role", ["cover", "secret", "stego"])
    def test_is_refused_with_its_size(self, pair, role, width, height):
        small = np.zeros((height, width, 3), np.uint8)
        acts = {
            "cover": lambda: liftveil.embed(small, pair[1]),
            "secret": lambda: liftveil.embed(pair[0], small),
            "stego": lambda: liftveil.extract(small),
        }
        with pytest.raises(PictureSizeError) as refusal:
            acts[role]()
        assert str(refusal.value) == (f"{role}: {width}x{height} pixels is too small; use a picture of at least 16x16")
        assert (refusal.value.width, refusal.value.height, refusal.value.path) == (width, height, role)


class TestAlpha:
    @pytest.fixture
    def cover(self, pair):
        """RGBA with every opacity there is, and colours below the transparent parts."""
        height, width = pair[0].shape[:2]
        alpha = np.resize(np.arange(256, dtype=np.uint8), (height, width))
        alpha[:10] = 0
        return np.dstack([pair[0], alpha])

    def test_of_the_cover_stays(self, cover, pair):
        stego = liftveil.embed(cover, pair[1])
        np.testing.assert_array_equal(stego[..., 3], cover[..., 3])
        np.testing.assert_array_equal(stego[..., :3], liftveil.embed(*pair))

    def test_does_not_matter_to_extraction(self, cover, pair):
        stego = liftveil.embed(cover, pair[1])
        np.testing.assert_array_equal(liftveil.extract(stego), liftveil.extract(stego[..., :3]))

    def test_of_the_secret_is_laid_on_white(self, cover, pair):
        with pytest.warns(liftveil.LiftveilNotice, match=r"^secret: transparent parts laid on white$"):
            liftveil.embed(pair[0], cover)

    @pytest.mark.parametrize("suffix", [".png", ".webp", ".tif", ".tiff"])
    def test_survives_the_file_with_the_colours_below_it(self, cover, pair, tmp_path, suffix):
        stego = liftveil.embed(cover, pair[1])
        liftveil.save(tmp_path / f"stego{suffix}", stego)
        written = read_picture(tmp_path / f"stego{suffix}")
        np.testing.assert_array_equal(np.dstack([written.rgb_u8, written.alpha_u8]), stego)
        np.testing.assert_array_equal(liftveil.extract(tmp_path / f"stego{suffix}"), liftveil.extract(stego))


class TestNotices:
    def test_are_warnings_at_the_callers_line(self, pair):
        with pytest.warns(liftveil.LiftveilNotice) as recorded:
            liftveil.embed(pair[0], pair[1][:20])
        assert noticed(recorded) == [
            "secret: fitted whole from 64x20 into 64x48: resized to 64x20, with black bars around it"
        ]
        assert recorded[0].filename == __file__

    def test_of_extraction_are_warnings_at_the_callers_line(self, pair, tmp_path):
        Image.fromarray(pair[0]).save(tmp_path / "stego.jpg")
        with pytest.warns(liftveil.LiftveilNotice, match=r"stego\.jpg: JPEG changes pixels") as recorded:
            liftveil.extract(tmp_path / "stego.jpg", model="starinn")
        assert recorded[0].filename == __file__

    def test_say_nothing_of_jpeg_to_a_model_made_for_it(self, pair, tmp_path, jpeg_model):
        Image.fromarray(pair[0]).save(tmp_path / "stego.jpg")
        Image.fromarray(pair[0]).save(tmp_path / "stego.webp", quality=90)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            liftveil.extract(tmp_path / "stego.jpg", model=jpeg_model)
        with pytest.warns(liftveil.LiftveilNotice, match=r"stego\.webp: WebP changes pixels"):
            liftveil.extract(tmp_path / "stego.webp", model=jpeg_model)

    def test_tell_of_a_secret_of_the_same_aspect(self, pair):
        with pytest.warns(liftveil.LiftveilNotice, match=r"^secret: resized from 32x24 to 64x48$"):
            liftveil.embed(pair[0], pair[1][::2, ::2])

    def test_come_from_both_pictures(self, pair):
        covers, secrets = (f"{role}: something" for role in ("cover", "secret"))
        result = embed_pictures(Picture(pair[0], notices=(covers,)), Picture(pair[1], notices=(secrets,)))
        assert result.notices == (covers, secrets)

    def test_are_absent_where_nothing_changed(self, pair):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            liftveil.extract(liftveil.embed(*pair))


def test_embedding_tells_what_was_used(pair):
    cover = Picture(pair[0], np.full(pair[0].shape[:2], 200, np.uint8), "mine.png")
    result = embed_pictures(cover, Picture(pair[1][::2, ::2], name="small.png"))
    assert result.model == find_model()
    assert (result.stego.name, result.stego.alpha_u8) == ("stego", cover.alpha_u8)
    assert result.cover is cover.rgb_u8
    assert result.secret.shape == result.stego.rgb_u8.shape == pair[0].shape
    assert psnr(result.secret, extract_picture(result.stego).recovered) > psnr(pair[0], result.secret)


class TestGreySecrets:
    """With a model that hides grey pictures."""

    @pytest.fixture
    def embed(self, grey_model):
        return lambda cover, secret: liftveil.embed(cover, secret, model=grey_model)

    @pytest.fixture
    def extract(self, grey_model):
        return lambda stego: liftveil.extract(stego, model=grey_model)

    @pytest.fixture
    def grey(self, pair):
        return pair[1][..., 1]

    @pytest.mark.filterwarnings("error")
    def test_come_back_as_arrays_of_height_and_width(self, embed, extract, pair, grey):
        stego = embed(pair[0], grey)
        recovered = extract(stego)
        assert stego.shape == pair[0].shape
        assert (recovered.shape, recovered.dtype) == (grey.shape, np.uint8)
        assert psnr(grey, recovered) > 25

    @pytest.mark.filterwarnings("error")
    def test_are_the_same_in_every_form(self, embed, pair, grey, tmp_path):
        stego = embed(pair[0], grey)
        Image.fromarray(grey).save(tmp_path / "secret.png")
        forms = [tmp_path / "secret.png", Image.fromarray(grey), np.dstack([grey] * 3)]
        assert all((embed(pair[0], form) == stego).all() for form in forms)

    def test_of_colours_are_their_luma_and_that_is_told(self, embed, pair):
        with pytest.warns(liftveil.LiftveilNotice) as recorded:
            stego = embed(*pair)
        assert noticed(recorded) == ["secret: turned grey, its colours are not carried over"]
        assert recorded[0].filename == __file__
        np.testing.assert_array_equal(stego, embed(pair[0], to_u8(luma(pair[1]))))

    def test_are_fitted_laid_on_white_and_rounded_first(self, pair, grey, grey_model, tmp_path):
        height, width = grey.shape
        deep = Image.fromarray((grey[::2, ::2].astype(np.uint16)) * 257)
        deep.save(tmp_path / "deep.png")
        see_through = np.dstack([pair[1][:, :20], np.zeros((height, 20), np.uint8)])
        secrets = [picture_from(secret, role="secret") for secret in (tmp_path / "deep.png", see_through)]
        resized, fitted = (embed_pictures(Picture(pair[0]), secret, model=grey_model) for secret in secrets)
        assert [notice.split(": ", 1)[1] for notice in resized.notices] == [
            "16-bit values rounded to 8 bits",
            f"resized from {width // 2}x{height // 2} to {width}x{height}",
        ]
        assert resized.secret.shape == fitted.secret.shape == (height, width)
        assert [notice[:27] for notice in fitted.notices] == [
            "secret: transparent parts l",
            "secret: fitted whole from 2",
        ]
        assert set(np.unique(fitted.secret)) == {0, 255}  # white paper between black bars

    def test_leave_the_alpha_of_the_cover_alone(self, embed, extract, pair, grey):
        alpha = np.resize(np.arange(256, dtype=np.uint8), grey.shape)
        stego = embed(np.dstack([pair[0], alpha]), grey)
        np.testing.assert_array_equal(stego[..., 3], alpha)
        np.testing.assert_array_equal(extract(stego), extract(embed(pair[0], grey)))

    @pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
    def test_are_saved_as_what_they_are(self, extract, pair, tmp_path, suffix):
        recovered = extract(pair[0])
        liftveil.save(tmp_path / f"recovered{suffix}", recovered)
        with Image.open(tmp_path / f"recovered{suffix}") as written:
            assert written.mode == ("RGB" if suffix == ".webp" else "L")
            np.testing.assert_array_equal(np.array(written.convert("L")), recovered)

    def test_are_in_the_report_as_they_were_hidden(self, pair, grey_model):
        result = embed_pictures(Picture(pair[0]), Picture(pair[1]), model=grey_model)
        assert result.cover is pair[0]
        np.testing.assert_array_equal(result.secret, to_u8(luma(pair[1])))
        recovered = extract_picture(result.stego, model=grey_model).recovered
        assert psnr(result.secret, recovered) > 25


class TestSave:
    PIXELS = np.arange(16 * 20 * 4, dtype=np.uint8).reshape(16, 20, 4)

    @pytest.mark.parametrize("suffix", [".png", ".webp", ".tif", ".TIFF"])
    @pytest.mark.parametrize("channels", [3, 4])
    def test_gives_every_sample_back(self, tmp_path, suffix, channels):
        pixels = self.PIXELS[..., :channels]
        liftveil.save(tmp_path / f"picture{suffix}", pixels)
        with Image.open(tmp_path / f"picture{suffix}") as written:
            np.testing.assert_array_equal(np.array(written), pixels)

    def test_takes_what_becomes_an_array(self, tmp_path):
        liftveil.save(str(tmp_path / "picture.png"), Image.fromarray(self.PIXELS))
        np.testing.assert_array_equal(np.array(Image.open(tmp_path / "picture.png")), self.PIXELS)

    @pytest.mark.parametrize("shape", [(), (3,), (16, 20, 1), (16, 20, 2), (16, 20, 5), (2, 16, 20, 3)])
    def test_refuses_other_shapes_and_drops_no_channel(self, tmp_path, shape):
        with pytest.raises(ShapeError, match=r"\(height, width, 3\) or \(height, width, 4\)") as refusal:
            liftveil.save(tmp_path / "picture.png", np.zeros(shape, np.uint8))
        assert refusal.value.actual_shape == shape
        assert list(tmp_path.iterdir()) == []

    def test_refuses_other_types(self, tmp_path):
        with pytest.raises(PictureError, match="the pixels are float64; give uint8 values"):
            liftveil.save(tmp_path / "picture.png", self.PIXELS / 255)

    def test_refuses_lossy_formats(self, tmp_path):
        with pytest.raises(UnsupportedOutput, match=r"picture\.jpg: JPEG changes pixels, which destroys any hidden"):
            liftveil.save(tmp_path / "picture.jpg", self.PIXELS)

    def test_replaces_a_file_only_by_force(self, tmp_path):
        path = tmp_path / "picture.png"
        path.write_text("precious")
        with pytest.raises(OutputExists, match=r"picture\.png: exists already"):
            liftveil.save(path, self.PIXELS)
        assert path.read_text() == "precious"
        liftveil.save(path, self.PIXELS, force=True)
        np.testing.assert_array_equal(np.array(Image.open(path)), self.PIXELS)


class TestModels:
    @pytest.fixture
    def folder(self, tmp_path):
        shutil.copytree(find_model().folder, tmp_path / "mine")
        return tmp_path / "mine"

    def test_by_name_alias_and_folder_are_the_same(self, pair, folder):
        names = ["starinn", find_model().name, folder, str(folder)]
        stego, *others = [liftveil.embed(*pair, model=name) for name in names]
        assert all((other == stego).all() for other in others)
        recovered, *others = [liftveil.extract(stego, model=name) for name in [None, *names]]
        assert all((other == recovered).all() for other in others)

    def test_unknown_ones_are_refused(self, pair):
        for act in (lambda: liftveil.embed(*pair, model="starin"), lambda: liftveil.extract(pair[0], model="starin")):
            with pytest.raises(ModelError, match=r"^model starin: is neither .*; did you mean 'starinn'\?$"):
                act()

    @pytest.mark.parametrize("file", [EMBED_FILE, EXTRACT_FILE])
    def test_damage_is_found_before_embedding(self, pair, folder, file):
        (folder / file).write_bytes(b"garbage")
        with pytest.raises(ModelError, match=r"mine: its graph cannot be opened"):
            liftveil.embed(*pair, model=folder)

    def test_are_opened_once(self, pair, monkeypatch):
        for name in ("starinn-1", "starinn"):
            liftveil.extract(liftveil.embed(*pair, model=name))
        opened = []
        monkeypatch.setattr("liftveil.runtime.session.open_graph", lambda *_: opened.append(1))
        liftveil.extract(liftveil.embed(*pair))
        liftveil.extract(liftveil.embed(*pair, model="starinn-1"))
        assert opened == []

    def test_made_anew_in_the_same_folder_are_opened_again(self, pair, folder, models):
        before = liftveil.embed(*pair, model=folder)
        for file in (EMBED_FILE, EXTRACT_FILE):
            shutil.copy(models["linear"].file(file), folder / file)
            os.utime(folder / file, ns=(1, 1))
        after = liftveil.embed(*pair, model=folder)
        assert (before != after).any()
        np.testing.assert_array_equal(after, liftveil.embed(*pair, model=models["linear"].folder))

    def test_of_one_relative_path_in_two_folders_are_two(self, pair, folder, models, monkeypatch):
        elsewhere = folder.parent / "elsewhere"
        shutil.copytree(models["linear"].folder, elsewhere / "mine")
        stegos = []
        for place in (folder.parent, elsewhere):
            monkeypatch.chdir(place)
            stegos.append(liftveil.embed(*pair, model=Path("mine")))
        assert (stegos[0] != stegos[1]).any()


def test_errors_of_files_are_those_of_the_package(pair, tmp_path):
    assert issubclass(UnreadablePicture, liftveil.LiftveilError)
    with pytest.raises(liftveil.LiftveilError, match=r"missing\.png: no such file; check the path"):
        liftveil.embed(pair[0], tmp_path / "missing.png")


class TestWishes:
    """What one carrier has and the other lacks."""

    @pytest.mark.parametrize("wish", [{"lossless": True}, {"min_psnr_db": 40.0}])
    def test_for_the_exact_carrier_are_not_dropped_in_silence(self, pair, wish):
        with pytest.raises(ConfigError, match=r"are for the exact carrier; give carrier='exact'$"):
            liftveil.embed(*pair, **wish)

    def test_for_a_model_are_refused_by_the_exact_carrier(self, pair):
        with pytest.raises(ConfigError, match="'model' is for the neural carrier"):
            liftveil.embed(*pair, carrier="exact", model="starinn")
        with pytest.raises(ConfigError, match="'model' is for the neural carrier"):
            liftveil.extract(pair[0], carrier="exact", model="starinn")

    def test_passwords_and_contents_have_to_be_what_they_are_called(self, pair):
        with pytest.raises(PasswordError, match="password: is a bytes, not text; decode it first"):
            liftveil.embed_bytes(pair[0], b"x", password=b"word")
        with pytest.raises(PayloadError, match="content: is a str, not bytes; encode it first"):
            liftveil.embed_bytes(pair[0], "x")

    @pytest.mark.parametrize("kind", [bytearray, memoryview])
    def test_whatever_holds_bytes_can_be_hidden(self, pair, kind):
        assert liftveil.extract_bytes(liftveil.embed_bytes(pair[0], kind(b"content"))).content == b"content"
