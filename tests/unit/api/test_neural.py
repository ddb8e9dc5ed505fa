"""Which model is taken, and how plausible a picture is."""

import numpy as np
import pytest

import liftveil
from liftveil.api import extract_picture, likeness, plausibility
from liftveil.api.neural import _chosen
from liftveil.imaging import Picture
from liftveil.runtime import Session


class TestChoiceOfModel:
    """Without a model's name, extraction tries every release and takes the most plausible result."""

    @pytest.fixture(params=["newest first", "oldest first"])
    def shipped(self, request, models, monkeypatch):
        order = list(models) if request.param == "newest first" else list(reversed(models))
        monkeypatch.setattr("liftveil.api.neural.releases", lambda: {name: models[name] for name in order})

    @pytest.mark.usefixtures("shipped")
    @pytest.mark.parametrize("size", [(16, 16), (33, 47), (300, 200)])
    @pytest.mark.parametrize("name", ["starinn", "linear", "grey"])
    def test_takes_the_one_that_hid(self, models, cropped, name, size):
        cover, secret = cropped(*size)
        secret = secret[..., 1] if name == "grey" else secret
        stego = Picture(Session(models[name]).embed(cover, secret))
        result = extract_picture(stego)
        assert result.model == models[name]
        assert result.scores.keys() == {model.name for model in models.values()}
        assert result.scores[models[name].name] == max(result.scores.values())
        np.testing.assert_array_equal(result.recovered, Session(models[name]).extract(stego.rgb_u8))

    @pytest.mark.usefixtures("shipped")
    def test_is_left_to_whoever_names_one(self, models, cropped):
        stego = Picture(liftveil.embed(*cropped(64, 48)))
        result = extract_picture(stego, model=models["linear"].folder)
        assert list(result.scores) == [result.model.name] == [str(models["linear"].folder)]

    @pytest.mark.usefixtures("shipped")
    def test_looks_at_the_middle_of_large_pictures_only(self, models, cropped, monkeypatch):
        cover, secret = cropped(600, 530)
        stego = Picture(Session(models["linear"]).embed(cover, secret))
        asked, honest = [], Session.extract_levels

        def noting(method):
            def noted(session, picture, *part):
                asked.append((method.__name__, session.model, picture.shape))
                return method(session, picture, *part)

            return noted

        for method in (Session.extract_levels, Session.extract):
            monkeypatch.setattr(Session, method.__name__, noting(method))
        result = extract_picture(stego)
        *tried, chosen = asked
        assert [(name, shape) for name, _, shape in tried] == [("extract_levels", (512, 512, 3))] * len(models)
        assert chosen == ("extract", models["linear"], stego.rgb_u8.shape)
        found = honest(Session(models["linear"]), stego.rgb_u8[:512, 32:544])
        seen = stego.rgb_u8[:512, 32:544]
        assert result.scores["linear"] == plausibility(found) - min(0.6, likeness(found, seen))

    def test_survives_results_that_are_no_numbers(self, models, cropped, monkeypatch):
        stego = Picture(liftveil.embed(*cropped(64, 48)))
        monkeypatch.setattr("liftveil.api.neural.releases", lambda: models)
        honest = Session.extract_levels

        def extract_levels(session, picture):
            levels = honest(session, picture)
            return levels * np.float32("nan") if session.model == models["linear"] else levels

        monkeypatch.setattr(Session, "extract_levels", extract_levels)
        result = extract_picture(stego)
        assert result.model == models["starinn"]
        assert result.scores["linear"] == -np.inf


@pytest.mark.parametrize(
    ("scores", "chosen"),
    [
        ({"star-2": 0.55, "star-1": 0.6}, "star-2"),
        ({"star-2": 0.4, "star-1": 0.6}, "star-1"),
        ({"star-2": 0.6, "star-1": 0.55}, "star-2"),
        ({"grey-1": 0.55, "star-1": 0.6}, "star-1"),
        ({"star-3": 0.3, "grey-1": 0.59, "star-2": 0.52, "star-1": 0.6}, "star-2"),
        ({"mine": 0.55, "star-1": 0.6}, "star-1"),
        ({"star-1": 0.55, "mine": 0.6}, "mine"),
        ({"star-2": -np.inf, "star-1": -np.inf}, "star-2"),
    ],
)
def test_of_two_versions_the_older_one_has_to_lead(scores, chosen):
    assert _chosen(scores) == chosen


class TestLikeness:
    @pytest.fixture
    def stego(self, cropped):
        return cropped(256, 256)[0]

    def test_to_another_photograph_is_low_and_to_itself_complete(self, stego, cropped):
        assert likeness(cropped(256, 256)[1].astype(np.float32), stego) < 0.4
        assert likeness(stego.astype(np.float32), stego) == pytest.approx(1)

    def test_is_seen_in_what_follows_the_edges_of_the_stego(self, stego):
        edges = np.abs(np.diff(stego.astype(np.float32), axis=0, append=0))
        ghost = 128 + edges * np.random.default_rng(0).standard_normal(stego.shape, np.float32)
        assert likeness(ghost, stego) > 0.6
        assert likeness(255 - stego.astype(np.float32), stego) == pytest.approx(1)

    def test_is_that_of_its_formula(self, stego):
        levels = np.random.default_rng(1).uniform(0, 255, (66, 74)).astype(np.float32)
        seen = stego[:66, :74]
        logs = []
        for grey in (levels.astype(float), seen.astype(float).mean(axis=2)):
            detail = (
                grey - (np.roll(grey, 1, 0) + np.roll(grey, -1, 0) + np.roll(grey, 1, 1) + np.roll(grey, -1, 1)) / 4
            )
            squares = np.square(detail[1:-1, 1:-1])
            cells = [squares[r : r + 8, c : c + 8].mean() for r in range(0, 64, 8) for c in range(0, 72, 8)]
            logs.append(np.log(np.array(cells) + 0.5))
        assert likeness(levels, seen) == pytest.approx(max(0, np.corrcoef(*logs)[0, 1]))

    def test_of_small_blank_or_infinite_pictures_is_defined(self, stego):
        assert likeness(stego[:50, :50].astype(np.float32), stego[:50, :50]) == 0
        assert likeness(np.full(stego.shape, 7, np.float32), stego) == 0
        assert likeness(np.full(stego.shape, np.nan, np.float32), stego) == 1


class TestPlausibility:
    @pytest.fixture
    def photograph(self, cropped):
        return cropped(256, 256)[1].astype(np.float32)

    def noise(self, photograph, centre, deviation):
        return np.random.default_rng(0).normal(centre, deviation, photograph.shape).astype(np.float32)

    def test_of_photographs_is_high(self, cropped):
        assert all(0.3 < plausibility(picture.astype(np.float32)) <= 1 for picture in cropped(512, 512))

    # Weak noise is what a wrong network gives as well: a smooth grey must not pass for the secret.
    @pytest.mark.parametrize("deviation", [5, 20, 80, 1e4, 1e30])
    def test_of_noise_is_low_however_weak(self, photograph, deviation):
        assert plausibility(self.noise(photograph, 128, deviation)) < 0.2

    def test_is_its_formula(self):
        levels = np.array([[0, 10, 260], [0, 30, 5], [-4, 30, 90]], np.float32)
        once = (
            np.mean(np.square([[0, 20, -255], [-4, 0, 85]])) + np.mean(np.square([[10, 250], [30, -25], [34, 60]]))
        ) / 2
        twice = (np.mean(np.square([-4, -20, 340])) + np.mean(np.square([240, -55, 26]))) / 2
        assert plausibility(levels) == pytest.approx(1 - (twice / 6 + (25 + 16) / 9) / (once / 2 + 4))

    def test_tells_contrast_and_outlines_from_their_rough_image(self, photograph):
        """What a near relative of the right network finds: less contrast, and noise that goes with it."""
        weak = 128 + 0.4 * (photograph - 128)
        assert plausibility(weak + self.noise(photograph, 0, 4)) < plausibility(
            photograph + self.noise(photograph, 0, 2)
        )

    def test_of_grey_pictures_is_that_of_three_equal_channels(self, photograph):
        grey = photograph[..., 1].copy()
        assert plausibility(grey) == pytest.approx(plausibility(np.dstack([grey] * 3)), rel=1e-6)

    def test_of_blank_pictures_is_high(self, photograph):
        assert plausibility(np.full_like(photograph, 255)) == 1
        assert plausibility(self.noise(photograph, 250, 1)) > 0.7

    def test_falls_with_noise(self, photograph):
        scores = [plausibility(photograph + self.noise(photograph, 0, sigma)) for sigma in (0, 2, 10, 40)]
        assert scores == sorted(scores, reverse=True)

    def test_falls_outside_of_the_grey_levels(self, photograph):
        scores = [plausibility(photograph + np.float32(shift)) for shift in (0, 100, 300)]
        assert scores == sorted(set(scores), reverse=True)

    @pytest.mark.parametrize("level", [np.nan, np.inf, -np.inf])
    def test_of_what_is_not_finite_is_the_lowest(self, photograph, level):
        spoilt = photograph.copy()
        spoilt[3, 4, 1] = level
        assert plausibility(spoilt) == -np.inf

    def test_leaves_the_levels_alone(self, photograph):
        before = photograph.copy()
        plausibility(photograph)
        np.testing.assert_array_equal(photograph, before)
