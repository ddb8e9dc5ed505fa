"""Trials: what is written, what it is computed from, and that the receiver sees nothing but the file."""

import hashlib
import json

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

from liftveil.errors import CheckpointError, OutputExists, UnreadablePicture
from liftveil.evaluation import trial
from liftveil.evaluation.session import CheckpointSession
from liftveil.evaluation.trial import choose_pairs, run_trials


def pixels(path):
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.array(image)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def report(folder):
    return json.loads((folder / "metrics.json").read_text())


class TestPairs:
    def test_are_those_of_the_benchmark(self):
        assert choose_pairs(list("abcdefg"), 3) == [("a", "f"), ("b", "g"), ("c", "a")]
        assert choose_pairs(list("abcde"), 9) == [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "a")]

    @pytest.mark.parametrize("count", [1, 5, 20])
    def test_are_drawn_with_a_seed(self, count):
        paths = list(range(12))
        drawn = choose_pairs(paths, count, seed=1)
        assert drawn == choose_pairs(paths, count, seed=1)
        covers, secrets = zip(*drawn, strict=True)
        assert len(set(covers)) == len(covers) == min(count, 12)
        assert [a == b for a, b in drawn] == [False] * len(drawn)
        assert set(secrets) <= set(paths)
        assert len({tuple(choose_pairs(paths, count, seed=seed)) for seed in range(20)}) > 10

    def test_of_two_pictures(self):
        assert {tuple(choose_pairs("ab", 2, seed=seed)) for seed in range(20)} == {
            (("a", "b"), ("b", "a")),
            (("b", "a"), ("a", "b")),
        }


class TestFiles:
    @pytest.mark.parametrize("channels", [3, 1])
    def test_hold_what_the_session_makes_of_each_other(self, checkpoint_of, photos, tmp_path, channels):
        checkpoint, paths = checkpoint_of(secret_channels=channels), photos((33, 40), (33, 40), (33, 40))
        session, out = CheckpointSession(checkpoint), tmp_path / "out"
        run_trials(checkpoint, [(paths[0], paths[1]), (paths[1], paths[2])], out)
        roles = ("cover", "recovered", "secret", "stego")
        pictures = [f"{number}-{role}.png" for number in ("01", "02") for role in roles]
        assert names(out) == [*pictures, "grid.png", "metrics.json"]
        for number, (cover, secret) in (("01", paths[:2]), ("02", paths[1:])):
            found = {role: pixels(out / f"{number}-{role}.png") for role in roles}
            np.testing.assert_array_equal(found["cover"], pixels(cover))
            grey = np.rint(pixels(secret) @ [0.299, 0.587, 0.114]).astype(np.uint8)
            np.testing.assert_array_equal(found["secret"], pixels(secret) if channels == 3 else grey)
            np.testing.assert_array_equal(found["stego"], session.embed(found["cover"], found["secret"]))
            np.testing.assert_array_equal(found["recovered"], session.extract(found["stego"]))

    def test_are_all_that_the_receiver_sees(self, checkpoint_of, photos, tmp_path, monkeypatch):
        def spoilt(path, picture, *alpha):
            write(path, picture // 2 if "stego" in path.name else picture, *alpha)

        write = trial.write_picture
        monkeypatch.setattr(trial, "write_picture", spoilt)
        checkpoint = checkpoint_of()
        run_trials(checkpoint, [photos((32, 32), (32, 32))], tmp_path / "out")
        found = {role: pixels(tmp_path / f"out/01-{role}.png") for role in ("cover", "secret", "stego", "recovered")}
        session = CheckpointSession(checkpoint)
        np.testing.assert_array_equal(found["stego"], session.embed(found["cover"], found["secret"]) // 2)
        np.testing.assert_array_equal(found["recovered"], session.extract(found["stego"]))
        expected = peak_signal_noise_ratio(found["cover"], found["stego"])
        assert report(tmp_path / "out")["pairs"][0]["cover_psnr_db"] == pytest.approx(expected, abs=1e-4)

    def test_have_secrets_fitted_to_their_covers(self, checkpoint_of, photos, tmp_path):
        paths = photos((40, 64), (48, 60))
        [done] = run_trials(checkpoint_of(), [(paths[0], paths[1])], tmp_path / "out")
        secret = pixels(tmp_path / "out/01-secret.png")
        assert secret.shape == (40, 64, 3)
        assert (secret[:, :6].max(), secret[:, -6:].max()) == (0, 0)
        assert (secret[:, 8:56].max(axis=(0, 2)) > 0).all()
        assert len(done.notices) == 1
        assert "fitted whole from 60x48 into 64x40" in done.notices[0]

    def test_have_secrets_turned_to_lie_like_their_covers(self, checkpoint_of, photos, tmp_path):
        cover, secret = photos((40, 64), (64, 40))
        [done] = run_trials(checkpoint_of(), [(cover, secret)], tmp_path / "out")
        np.testing.assert_array_equal(pixels(tmp_path / "out/01-secret.png"), np.rot90(pixels(secret)))
        assert done.notices == (f"{secret}: turned by 90 degrees to lie like the cover",)

    def test_have_transparent_secrets_laid_on_white(self, checkpoint_of, photos, tmp_path):
        cover, secret = photos((24, 24), (24, 24))
        Image.fromarray(np.dstack([pixels(secret), np.zeros((24, 24), np.uint8)])).save(secret)
        [done] = run_trials(checkpoint_of(), [(cover, secret)], tmp_path / "out")
        assert (pixels(tmp_path / "out/01-secret.png") == 255).all()
        assert done.notices == (f"{secret}: transparent parts laid on white",)

    def test_keep_the_opacity_of_the_cover(self, checkpoint_of, photos, tmp_path):
        cover, secret = photos((24, 24), (24, 24))
        see_through = np.dstack([pixels(cover), np.full((24, 24), 99, np.uint8)])
        Image.fromarray(see_through).save(cover)
        run_trials(checkpoint_of(), [(cover, secret)], tmp_path / "out")
        np.testing.assert_array_equal(pixels(tmp_path / "out/01-cover.png"), see_through)
        assert (pixels(tmp_path / "out/01-stego.png")[..., 3] == 99).all()


class TestReport:
    def test_has_the_scores_of_the_files(self, checkpoint_of, photos, tmp_path):
        checkpoint, (cover, secret) = checkpoint_of(), photos((32, 48), (32, 48))
        [done] = run_trials(checkpoint, [(cover, secret)], tmp_path / "out", facts={"seed": 5})
        found = report(tmp_path / "out")
        pair = found["pairs"][0]
        for role, other in (("cover", "stego"), ("secret", "recovered")):
            files = (pixels(tmp_path / f"out/01-{name}.png") for name in (role, other))
            assert pair[f"{role}_psnr_db"] == pytest.approx(peak_signal_noise_ratio(*files), abs=1e-4)
            assert pair[f"{role}_psnr_db"] == pytest.approx(done.scores[f"{role}_psnr_db"], abs=1e-4)
        assert (pair["cover"], pair["secret"]) == (str(cover), str(secret))
        assert found["summary"]["mean_cover_psnr_db"] == pair["cover_psnr_db"]
        assert found["checkpoint"] == str(checkpoint.path)
        assert found["checkpoint_sha256"] == hashlib.sha256(checkpoint.path.read_bytes()).hexdigest()
        assert (found["step"], found["secret_channels"], found["seed"]) == (7, 3, 5)

    def test_has_identical_pictures_as_null(self, checkpoint_of, photos, tmp_path, monkeypatch):
        monkeypatch.setattr(CheckpointSession, "embed", lambda _session, cover, _secret: cover)
        run_trials(checkpoint_of(), [photos((16, 16), (16, 16))], tmp_path / "out")
        found = report(tmp_path / "out")
        assert found["pairs"][0]["cover_psnr_db"] is None
        assert (found["summary"]["mean_cover_psnr_db"], found["summary"]["identical_cover"]) == (60.0, 1)


class TestGrid:
    def test_has_a_row_for_each_pair(self, checkpoint_of, photos, tmp_path, monkeypatch):
        seen = {}

        def remember(panels, **layout):
            seen.update(layout, panels=panels)
            return side_by_side(panels, **layout)

        side_by_side = trial.side_by_side
        monkeypatch.setattr(trial, "side_by_side", remember)
        paths = photos((300, 200), (32, 48), (32, 48))
        first, _ = run_trials(checkpoint_of(), [(paths[0], paths[1]), (paths[1], paths[2])], tmp_path / "out")
        captions = [caption for caption, _ in seen["panels"]]
        cover_db, secret_db = (f"{first.scores[f'{role}_psnr_db']:.1f} dB" for role in ("cover", "secret"))
        row = ["01 cover", f"stego, {cover_db}", "difference x20", "secret", f"recovered, {secret_db}"]
        assert captions[:5] == row
        assert (len(captions), seen["columns"], captions[5]) == (10, 5, "02 cover")
        # Large pictures are kept in the size of the grid, small ones as they are.
        assert {picture.shape for _, picture in seen["panels"][:5]} == {(256, 171, 3)}
        assert {picture.shape for _, picture in seen["panels"][5:]} == {(32, 48, 3)}
        difference = pixels(tmp_path / "out/02-cover.png").astype(int) - pixels(tmp_path / "out/02-stego.png")
        np.testing.assert_array_equal(seen["panels"][7][1], np.minimum(np.abs(difference) * 20, 255))
        np.testing.assert_array_equal(pixels(tmp_path / "out/grid.png"), side_by_side(**seen))

    def test_shows_grey_pictures_too(self, checkpoint_of, photos, tmp_path):
        run_trials(checkpoint_of(secret_channels=1), [photos((16, 16), (16, 16))], tmp_path / "out")
        assert pixels(tmp_path / "out/grid.png").shape[2] == 3

    def test_says_identical(self, checkpoint_of, photos, tmp_path, monkeypatch):
        monkeypatch.setattr(CheckpointSession, "embed", lambda _session, cover, _secret: cover)
        [done] = run_trials(checkpoint_of(), [photos((16, 16), (16, 16))], tmp_path / "out")
        assert done.panels[1][0] == "stego, identical"


class TestFailures:
    def test_leave_nothing_behind(self, checkpoint_of, photos, tmp_path):
        paths = photos((16, 16), (16, 16))
        paths[1].write_bytes(paths[1].read_bytes()[:-30])
        before = sorted(tmp_path.rglob("*"))
        checkpoint = checkpoint_of()
        with pytest.raises(UnreadablePicture):
            run_trials(checkpoint, [(paths[0], paths[0]), (paths[0], paths[1])], tmp_path / "out")
        assert sorted(tmp_path.rglob("*")) == sorted([*before, checkpoint.path])

    def test_keep_what_was_there(self, checkpoint_of, photos, tmp_path):
        pair, out, spoilt = photos((16, 16), (16, 16)), tmp_path / "out", checkpoint_of()
        run_trials(spoilt, [pair], out)
        before = {path.name: path.read_bytes() for path in out.iterdir()}
        for name, tensor in spoilt.part("average").items():
            if "conditioner" in name:
                tensor.fill_(float("nan"))
        with pytest.raises(OutputExists, match="is not empty"):
            run_trials(spoilt, [pair], out)
        with pytest.raises(CheckpointError, match="values that are no numbers"):
            run_trials(spoilt, [pair], out, force=True)
        assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_new_trial_leaves_nothing_of_an_older_one(checkpoint_of, photos, tmp_path):
    pair, out, checkpoint = photos((16, 16), (16, 16)), tmp_path / "out", checkpoint_of()
    run_trials(checkpoint, [pair, pair], out)
    (out / "mine-cover.png").touch()
    run_trials(checkpoint, [pair], out, force=True)
    results = [f"01-{role}.png" for role in ("cover", "recovered", "secret", "stego")]
    assert names(out) == [*results, "grid.png", "metrics.json", "mine-cover.png"]
