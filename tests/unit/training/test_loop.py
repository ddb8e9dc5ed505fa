"""Tiny trainings: they learn, they can be cut off, and they come out the same every time."""

import pytest
import torch

from liftveil.errors import DivergenceError
from liftveil.training import CHECKPOINT, JOURNAL, loop, step
from liftveil.training.guard import PATIENCE, RATE_CUT
from liftveil.training.optimiser import rate_factor


@pytest.fixture(scope="module", params=["adam", "muon"])
def undisturbed(request, tiny_config, run):
    """A run from start to end."""
    return run(tiny_config(optimiser={"name": request.param}))


def assert_same_outcome(run, other):
    assert run.journal == other.journal
    mine, theirs = run.checkpoint, other.checkpoint
    assert mine.step == theirs.step
    assert mine.progress["guard"] == theirs.progress["guard"]
    assert mine.tensors.keys() == theirs.tensors.keys()
    assert [name for name, tensor in mine.tensors.items() if not torch.equal(tensor, theirs.tensors[name])] == []


def validations(run):
    return [record for record in run.journal if "cover_db" in record]


def test_the_loss_falls(undisturbed):
    losses = undisturbed.losses
    assert len(losses) == 24
    assert sum(losses[-6:]) < 0.7 * sum(losses[:6])


def test_every_step_is_told_with_its_rate(undisturbed):
    config = undisturbed.config
    assert [number for number, _ in undisturbed.progress] == list(range(1, 25))
    rates = [figures["rate"] for _, figures in undisturbed.progress]
    assert rates == [1e-2 * rate_factor(number, 24, config.optimiser) for number in range(24)]
    assert all(figures["gradient_norm"] > 0 for _, figures in undisturbed.progress)
    assert undisturbed.notes == []


def test_figures_stand_in_the_journal_in_their_rhythm(undisturbed):
    assert [record["step"] for record in undisturbed.journal] == [6, 10, 12, 18, 20, 24]
    told = dict(undisturbed.progress)
    for record in undisturbed.journal:
        assert {"step": record["step"], **told[record["step"]]} == record
        assert {"loss", "rate", "gradient_norm", "hiding_mse", "recovery_mse", "out_of_range"} <= record.keys()
    judged = validations(undisturbed)
    assert [record["step"] for record in judged] == [6, 12, 18, 24]
    assert all({"secret_file_db", "noise_gain", "worst_cover_db"} <= record.keys() for record in judged)
    assert judged[-1]["secret_file_db"] > judged[0]["secret_file_db"]


def test_the_last_checkpoint_is_that_of_the_last_step(undisturbed):
    checkpoint = undisturbed.checkpoint
    assert checkpoint.step == 24
    assert checkpoint.config == undisturbed.config
    assert checkpoint.progress["seconds"] > 0
    assert sorted(path.name for path in undisturbed.folders.run.iterdir()) == [CHECKPOINT, JOURNAL, "pictures"]


@pytest.mark.parametrize("stop_at", [3, 11, 19])
def test_a_run_that_is_cut_off_goes_on_to_the_same_end(undisturbed, run, stop_at):
    cut_off = run(undisturbed.config, stop_at=stop_at)
    saved = stop_at // 8 * 8
    assert cut_off.checkpoint.step == saved
    resumed = run(undisturbed.config, folder=cut_off.folders.run, resume=True)
    assert [number for number, _ in resumed.progress] == list(range(saved + 1, 25))
    assert resumed.progress == undisturbed.progress[saved:]
    assert_same_outcome(resumed, undisturbed)


def test_a_run_with_shaped_noise_goes_on_to_the_same_end_too(tiny_config, run):
    config = tiny_config(channel={"shaping": 0.7})
    undisturbed, cut_off = run(config), run(config, stop_at=11)
    metrics = [made.checkpoint.tensors["model.rounding_metric"] for made in (cut_off, undisturbed)]
    assert not torch.equal(*metrics)
    assert_same_outcome(run(config, folder=cut_off.folders.run, resume=True), undisturbed)


def test_the_journal_of_a_run_that_goes_on_is_cut_back_first(tiny_config, run):
    config = tiny_config()
    cut_off = run(config, stop_at=15)
    assert [record["step"] for record in cut_off.journal] == [6, 10, 12]
    again = run(config, folder=cut_off.folders.run, resume=True, stop_at=9)
    assert [record["step"] for record in again.journal] == [6]


def test_a_new_run_in_an_old_folder_starts_anew(undisturbed, run, tmp_path):
    config = undisturbed.config
    run(config, folder=tmp_path, stop_at=20)
    assert_same_outcome(run(config, folder=tmp_path), undisturbed)


def test_a_finished_run_has_nothing_to_go_on_with(undisturbed, run):
    before = undisturbed.checkpoint.tensors
    resumed = run(undisturbed.config, folder=undisturbed.folders.run, resume=True)
    assert resumed.progress == []
    assert len(validations(resumed)) == 4
    assert all(torch.equal(tensor, before[name]) for name, tensor in resumed.checkpoint.tensors.items())


def test_another_seed_is_another_run(tiny_config, run):
    short = {"steps": 2, "normalise": False}
    first = run(tiny_config(training=short))
    second = run(tiny_config(training=short | {"seed": 6}))
    assert first.losses != second.losses
    name = "model.chain.steps.0.coupling.conditioner.entry.weight"
    assert not torch.equal(first.checkpoint.tensors[name], second.checkpoint.tensors[name])


def test_the_last_step_is_validated_and_saved_whatever_the_rhythm(tiny_config, run):
    rhythm = {"steps": 5, "validate_every": 3, "checkpoint_every": 100}
    result = run(tiny_config(training=rhythm))
    assert [record["step"] for record in validations(result)] == [3, 5]
    assert result.checkpoint.step == 5


def test_validation_pictures_appear_when_they_are_due(tiny_config, run):
    result = run(tiny_config(training={"steps": 5, "picture_every": 2}))
    names = sorted(path.name for path in (result.folders.run / "pictures").iterdir())
    assert names == ["step-000002.png", "step-000004.png", "step-000005.png"]


def test_an_average_without_memory_is_the_model(tiny_config, run):
    result = run(tiny_config(training={"steps": 3}, optimiser={"ema_decay": 0}))
    model, average = result.checkpoint.part("model"), result.checkpoint.part("average.module")
    assert all(torch.equal(tensor, average[name]) for name, tensor in model.items())
    slow = run(tiny_config(training={"steps": 3}, optimiser={"ema_decay": 0.5})).checkpoint
    name = "chain.steps.0.normalisation.bias"
    assert not torch.equal(slow.part("model")[name], slow.part("average.module")[name])


@pytest.fixture(scope="module")
def losses(tiny_config, rough, run):
    """Losses of six steps of four pairs in float64, with everything in the channel, however they are computed."""

    def train(*, batch=4, **compute):
        compute = {"precision": "64"} | compute
        channel = rough | {"shaping": {"first": 0.0, "last": 0.5, "begin": 0.5, "end": 0.5}}
        config = tiny_config(
            data={"batch": batch, "stretch": 0.5}, channel=channel, training={"steps": 6}, compute=compute
        )
        return run(config).losses

    return train


@pytest.fixture(scope="module")
def whole(losses):
    """Computed in the plainest way."""
    return losses()


class TestHowAStepIsComputedChangesNothing:
    def test_accumulated_gradients(self, whole, losses):
        assert losses(batch=1, accumulate=4) == pytest.approx(whole, rel=1e-8)

    def test_recomputed_activations(self, whole, losses):
        assert losses(recompute="always") == pytest.approx(whole, rel=1e-8)

    def test_loader_processes(self, whole, losses):
        assert losses(workers=2) == whole

    @pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor:UserWarning")  # torch looks at it itself
    def test_translated_conditioners(self, whole, losses, monkeypatch):
        translated = []
        compile_module = torch.nn.Module.compile

        def eager(module):
            translated.append(module)
            compile_module(module, backend="eager")

        monkeypatch.setattr(torch.nn.Module, "compile", eager)
        assert losses(compile=True) == pytest.approx(whole, rel=1e-8)
        assert len(translated) == 2

    def test_recomputed_activations_in_float32_at_the_end_of_a_run(self, tiny_config, run):
        def last(recompute):
            config = tiny_config(training={"steps": 100}, compute={"recompute": recompute})
            return sum(run(config).losses[80:]) / 20

        assert last("always") == pytest.approx(last("never"), rel=0.02)


@pytest.fixture
def spoilt(monkeypatch):
    """Make the losses of some steps NaN: steps by number, or all at rates above a bound."""

    def spoil(*steps, above=None):
        take, real = loop.take_step, step.objective
        now = {"bad": False}

        def watched(state, *rest):
            scale = state.guard.rate_scale
            now["bad"] = state.step + 1 in steps if above is None else scale > above and state.step + 1 >= min(steps)
            return take(state, *rest)

        def objective(*arguments):
            loss, parts = real(*arguments)
            return (loss * float("nan") if now["bad"] else loss), parts

        monkeypatch.setattr(loop, "take_step", watched)
        monkeypatch.setattr(step, "objective", objective)

    return spoil


class TestWhenSomethingGoesWrong:
    def test_a_step_that_is_not_finite_is_not_taken(self, tiny_config, run, spoilt):
        spoilt(8)
        result = run(tiny_config(training={"steps": 8, "validate_every": 100}))
        [record] = [record for record in result.journal if "event" in record]
        assert (record["step"], record["event"], record["loss"]) == (8, "skipped", "nan")
        assert result.notes == ["step 8: skipped (loss nan)"]
        assert result.checkpoint.step == 8
        weights = {**result.checkpoint.part("model"), **result.checkpoint.part("average")}
        assert all(tensor.isfinite().all() for tensor in weights.values())

    def test_it_leaves_the_weights_alone(self, tiny_config, run, spoilt):
        config = tiny_config(training={"steps": 6, "checkpoint_every": 4})
        kept = run(config, stop_at=5).checkpoint
        assert kept.step == 4
        spoilt(5, 6)
        spared = run(config).checkpoint
        same = [torch.equal(tensor, spared.tensors[name]) for name, tensor in kept.tensors.items()]
        assert len(same) > 20
        assert all(same)

    def test_bad_steps_in_a_row_send_the_run_back_at_a_lower_rate(self, tiny_config, run, spoilt):
        spoilt(13, above=RATE_CUT)
        result = run(tiny_config())
        events = [(record["step"], record["event"]) for record in result.journal if "event" in record]
        assert events == [
            (13, "skipped"),
            (14, "skipped"),
            (15, "went back to the last checkpoint, at a lower rate"),
        ]
        numbers = [number for number, _ in result.progress]
        assert numbers == [*range(1, 15), *range(9, 25)]
        rates = dict(result.progress[14:])
        factor = rate_factor(8, 24, result.config.optimiser)
        assert rates[9]["rate"] == 1e-2 * factor * RATE_CUT
        assert result.checkpoint.progress["guard"]["rollbacks"] == 1
        assert result.checkpoint.step == 24

    def test_a_run_that_went_back_can_be_cut_off_as_well(self, tiny_config, run, spoilt):
        spoilt(13, above=RATE_CUT)
        undisturbed = run(tiny_config())
        cut_off = run(tiny_config(), stop_at=19)
        assert_same_outcome(run(tiny_config(), folder=cut_off.folders.run, resume=True), undisturbed)

    def test_a_run_that_went_back_remembers_the_runs_before_it(self, tiny_config, run, spoilt):
        first = run(tiny_config(training={"steps": 6}))
        spoilt(7, above=RATE_CUT)
        longer = run(tiny_config(training={"steps": 12}), folder=first.folders.run, resume=True)
        assert longer.checkpoint.progress["guard"]["rollbacks"] == 1
        assert [facts["steps"] for facts in longer.checkpoint.progress["earlier"]] == ["6"]

    @pytest.mark.parametrize("shaping", [0.0, 0.7])
    def test_an_exploding_rate_is_survived(self, tiny_config, run, shaping):
        exploding = {"name": "adam", "rate": 1e3, "warmup_steps": 0}
        config = tiny_config(optimiser=exploding, training={"steps": 40}, channel={"shaping": shaping})
        result = run(config)
        assert result.checkpoint.progress["guard"]["rollbacks"] >= 1
        assert result.checkpoint.progress["guard"]["rate_scale"] < 1
        assert result.checkpoint.step == 40
        assert all(tensor.isfinite().all() for tensor in result.checkpoint.part("average").values())
        start, end = result.losses[0], result.losses[-5:]
        assert sum(end) / 5 < 2 * start

    def test_a_run_that_no_rate_saves_is_given_up(self, tiny_config, run, spoilt):
        spoilt(5, above=-1)
        with pytest.raises(DivergenceError, match="diverged again after going back"):
            run(tiny_config())

    def test_patience_is_what_the_guide_says(self):
        assert (PATIENCE, RATE_CUT) == (3, 0.25)


def test_a_step_sees_whole_grey_levels_of_different_pictures(tiny_config, run, seen):
    run(tiny_config(training={"steps": 2}))
    for _, result in seen[-2:]:
        assert result.cover.shape[:2] == (2, 3)
        for picture in (result.cover, result.secret):
            assert torch.equal(picture, picture.round().clamp(0, 255))
            assert picture.max() > 1
        assert not torch.equal(result.cover, result.secret)


def test_ragged_pairs_are_as_frequent_as_they_should_be(tiny_config, run, seen):
    run(tiny_config(data={"ragged": 0.5}, training={"steps": 16, "validate_every": 100}))
    ragged = sum(int((mask == 0).any()) for _, result in seen for mask in result.inside)
    assert 6 <= ragged <= 24


@pytest.mark.parametrize("normalise", [False, True])
def test_every_run_starts_with_the_cover_as_the_stego(tiny_config, run, seen, normalise):
    run(tiny_config(training={"steps": 1, "normalise": normalise}))
    [(state, result)] = seen
    torch.testing.assert_close(result.stego, result.cover, rtol=0, atol=1e-2)
    assert state["chain.steps.0.normalisation.log_scale"].any() == normalise


@pytest.mark.parametrize("levels", [1, 2])
def test_grey_secrets_are_a_training_like_any_other(tiny_config, run, seen, levels):
    result = run(tiny_config(model={"secret_channels": 1, "levels": levels}))
    assert {tuple(exchange.secret.shape[1:]) for _, exchange in seen} == {(1, 24, 24)}
    assert sum(result.losses[-6:]) < 0.8 * sum(result.losses[:6])
    assert validations(result)[-1]["secret_file_db"] > 5
