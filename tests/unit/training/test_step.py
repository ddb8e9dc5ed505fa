"""One step: what it computes, what it moves, and what it leaves alone when the guard or the scaler objects."""

from dataclasses import replace
from itertools import cycle, islice
from math import inf, isfinite, nan, sqrt

import numpy as np
import pytest
import torch

from liftveil.data import find_pictures
from liftveil.training.batches import Batches, Place
from liftveil.training.curriculum import curriculum
from liftveil.training.devices import start_devices
from liftveil.training.exchange import Exchange, exchange
from liftveil.training.guard import RATE_CUT
from liftveil.training.objective import objective
from liftveil.training.shaping import follow_gain
from liftveil.training.step import LossOfSample, squared_errors, take_step


@pytest.fixture
def fabric():
    return start_devices()


@pytest.fixture
def batches(photos):
    """The batches of a run, from its first step on."""
    paths = find_pictures(photos)
    return lambda config: Batches(config, paths, Place(), 0)


class MadeUp(torch.nn.Module):
    """A loss that grows along every weight, times the value that is next; figures besides."""

    def __init__(self, model, values, cover_error=1.0):
        super().__init__()
        self.model, self.values, self.cover_error = model, iter(values), cover_error

    def forward(self, _, progress):
        ones = sum((p - p.detach()).sum() for p in self.model.parameters())
        loss = (1 + ones) * next(self.values)
        figures = {"loss": loss.detach(), "progress": torch.tensor(progress)}
        return loss, figures | {"cover_error": torch.tensor(self.cover_error), "secret_error": torch.tensor(255.0**2)}


@pytest.fixture
def made_up(tiny_config, new_state, fabric):
    """Build a state and its steps with made-up losses, each as many times as the values go: ``made_up([1, nan])``."""

    def build(values, *, scale=None, cover_error=1.0, **changes):
        config = tiny_config(**changes)
        state = new_state(config)
        if scale is not None:
            state = replace(state, scaler=torch.amp.GradScaler("cpu", init_scale=scale))
        losses = fabric.setup_module(MadeUp(state.model, values, cover_error))
        return state, lambda: take_step(state, losses, cycle([torch.zeros(())]), config, fabric)

    return build


def moving(state):
    """Everything that a step may move, as copies."""
    return {name: tensor.clone() for name, tensor in state.tensors().items() if name != "random"}


def same(left, right):
    return left.keys() == right.keys() and all(torch.equal(tensor, right[name]) for name, tensor in left.items())


def test_the_loss_of_a_sample_is_the_objective_behind_the_channel(tiny_config, stirred, rough, batches):
    config = tiny_config(channel=rough)
    model, sample = stirred(config), next(batches(config))
    loss, figures = LossOfSample(model, config)(sample, 0.5)
    result = exchange(model, sample, curriculum(config.channel, seed=config.training.seed, progress=0.5))
    expected, terms = objective(config.objective, result, 0.5)
    assert torch.equal(loss, expected)
    assert loss.requires_grad
    assert figures == {"loss": expected} | terms | squared_errors(result)
    assert not any(figure.requires_grad for figure in figures.values())


def test_the_loss_is_of_stegos_that_are_rounded_with_the_network_s_shaper(tiny_config, stirred, batches, tied_metric):
    config = tiny_config()
    model, sample = stirred(config), next(batches(config))
    to_the_nearest, _ = LossOfSample(model, config)(sample, 0.5)
    model.rounding_metric.copy_(tied_metric)
    loss, _ = LossOfSample(model, config)(sample, 0.5)
    channel = curriculum(config.channel, seed=config.training.seed, progress=0.5, shaper=model.shaper(reduced=False))
    expected, _ = objective(config.objective, exchange(model, sample, channel), 0.5)
    assert torch.equal(loss, expected)
    assert not torch.equal(loss, to_the_nearest)


def test_squared_errors_are_those_of_the_real_pixels():
    rng = np.random.default_rng(0)
    cover, secret, stego, recovered = rng.uniform(0, 255, (4, 2, 3, 8, 8))
    inside = np.zeros((2, 1, 8, 8))
    inside[0, :, :5, :7], inside[1, :, :8, :6] = 1, 1
    real = np.broadcast_to(inside, cover.shape) == 1
    errors = squared_errors(Exchange(*map(torch.from_numpy, (cover, secret, stego, recovered, inside))))
    assert float(errors["cover_error"]) == pytest.approx(np.mean((stego - cover)[real] ** 2))
    assert float(errors["secret_error"]) == pytest.approx(np.mean((recovered - secret)[real] ** 2))


class TestAStepThatIsTaken:
    def test_tells_its_figures(self, tiny_config, new_state, batches, fabric):
        config = tiny_config()
        state = new_state(config)
        losses = fabric.setup_module(LossOfSample(state.model, config))
        _, expected = losses(next(batches(config)), 0.0)
        verdict, figures = take_step(state, losses, batches(config), config, fabric)
        assert verdict == "take"
        terms = {"hiding_mse", "recovery_mse", "out_of_range"}
        assert figures.keys() == {"loss", "batch_cover_db", "batch_secret_db", "gradient_norm", "rate"} | terms
        assert {type(figure) for figure in figures.values()} == {float}
        assert figures["loss"] == pytest.approx(float(expected["loss"]), rel=1e-6)
        for name in ("cover", "secret"):
            decibels = 10 * np.log10(255**2 / float(expected[f"{name}_error"]))
            assert figures[f"batch_{name}_db"] == pytest.approx(decibels, rel=1e-6)

    def test_moves_weights_and_average_and_forgets_its_gradients(self, made_up):
        state, step = made_up([1, 1])
        before = moving(state)
        assert step()[0] == "take"
        after = moving(state)
        trained = [name for name, parameter in state.model.named_parameters() if parameter.requires_grad]
        for name in trained:
            assert not torch.equal(before[f"model.{name}"], after[f"model.{name}"])
            assert not torch.equal(before[f"average.module.{name}"], after[f"average.module.{name}"])
        assert int(after["average.n_averaged"]) == state.step == 1
        assert all(parameter.grad is None for parameter in state.model.parameters())

    def test_is_shown_how_far_the_run_has_come(self, made_up):
        _, step = made_up([1] * 4, training={"steps": 4})
        assert [step()[1]["progress"] for _ in range(4)] == [0, 0.25, 0.5, 0.75]

    @pytest.mark.parametrize("slope", [1.0, 1e-4])
    def test_goes_down_the_gradient_as_far_as_clipping_lets_it(self, made_up, slope):
        """By plain gradient descent, which SGD is at its first step."""
        state, step = made_up([slope], optimiser={"name": "sgd", "clip_norm": 0.5, "warmup_steps": 0})
        before = moving(state)
        _, figures = step()
        trained = [name for name, parameter in state.model.named_parameters() if parameter.requires_grad]
        norm = slope * sqrt(sum(state.model.get_parameter(name).numel() for name in trained))
        assert figures["gradient_norm"] == pytest.approx(norm, rel=1e-5)
        down = 1e-2 * slope * min(1, 0.5 / norm)
        for name in trained:
            moved = before[f"model.{name}"] - moving(state)[f"model.{name}"]
            torch.testing.assert_close(moved, torch.full_like(moved, down), rtol=1e-2, atol=1e-7)

    def test_has_the_rate_that_warm_up_and_guard_have_left(self, made_up):
        state, step = made_up([1] * 2, optimiser={"name": "adam", "rate": 1e-2, "warmup_steps": 4})
        assert step()[1]["rate"] == 1e-2 * 0.25
        state.guard.roll_back(1)
        assert step()[1]["rate"] == 1e-2 * 0.5 * RATE_CUT
        assert state.optimisers[0].param_groups[0]["lr"] == 1e-2 * 0.5 * RATE_CUT

    def test_has_infinite_psnr_where_pictures_are_identical(self, made_up):
        _, step = made_up([1], cover_error=0.0)
        figures = step()[1]
        assert (figures["batch_cover_db"], figures["batch_secret_db"]) == (inf, 0)


class TestAccumulation:
    def test_takes_as_many_batches_as_configured(self, tiny_config, new_state, batches, fabric):
        config = tiny_config(compute={"accumulate": 3})
        state, given = new_state(config), batches(config)
        take_step(state, fabric.setup_module(LossOfSample(state.model, config)), given, config, fabric)
        assert next(given).index.tolist() == [6, 7]

    def test_gives_means_of_figures_and_gradients(self, made_up):
        options = {"optimiser": {"name": "sgd", "clip_norm": 1e9}}
        state, step = made_up([1, 2, 6, 3], compute={"accumulate": 4}, **options)
        other, once = made_up([3], **options)
        assert step()[1] == pytest.approx(once()[1], rel=1e-6)
        for name, tensor in moving(other).items():
            torch.testing.assert_close(moving(state)[name], tensor, rtol=1e-5, atol=1e-6)


class TestTheRoundingMetric:
    def test_follows_the_first_batch_of_each_step(self, tiny_config, new_state, batches, fabric):
        config = tiny_config(channel={"shaping": 0.5}, compute={"accumulate": 2})
        state, other, given = new_state(config), new_state(config), batches(config)
        losses = fabric.setup_module(LossOfSample(state.model, config))
        for step, first in enumerate(islice(batches(config), 0, 4, 2)):
            other.model.load_state_dict(state.model.state_dict())
            follow_gain(other.model, first, 0.5, (config.training.seed, step))
            assert take_step(state, losses, given, config, fabric)[0] == "take"
            assert torch.equal(state.model.rounding_metric, other.model.rounding_metric)
            assert torch.equal(state.averaged.rounding_metric, other.model.rounding_metric)
        assert state.model.shaper() is not None

    def test_shapes_the_noise_of_the_very_step(self, tiny_config, new_state, batches, fabric):
        """So the first step of all is already one with shaped noise."""
        losses = {}
        for weight in (0.0, 0.5):
            config = tiny_config(channel={"shaping": weight})
            state = new_state(config)
            module = fabric.setup_module(LossOfSample(state.model, config))
            losses[weight] = take_step(state, module, batches(config), config, fabric)[1]["loss"]
        assert losses[0.0] != losses[0.5]

    def test_stays_as_it_is_while_its_weight_is_0(self, tiny_config, new_state, batches, fabric, tied_metric):
        late = {"first": 0.0, "last": 0.5, "begin": 0.25, "end": 0.25}
        config = tiny_config(channel={"shaping": late}, training={"steps": 8})
        state, given = new_state(config), batches(config)
        state.fill(state.model.state_dict() | {"rounding_metric": tied_metric})
        losses = fabric.setup_module(LossOfSample(state.model, config))
        kept = []
        for _ in range(4):
            take_step(state, losses, given, config, fabric)
            kept.append(torch.equal(state.model.rounding_metric, tied_metric))
        assert kept == [True, True, True, False]


class TestAStepThatIsNotTaken:
    @pytest.mark.parametrize("bad", [nan, inf, 1e6])
    def test_moves_nothing(self, made_up, bad):
        state, step = made_up([1, bad, 1])
        step()
        before = moving(state)
        verdict, figures = step()
        assert (verdict, state.step) == ("skip", 2)
        assert not isfinite(bad) or figures["loss"] == bad
        assert same(moving(state), before)
        assert all(parameter.grad is None for parameter in state.model.parameters())
        assert step()[0] == "take"
        assert not same(moving(state), before)

    def test_leaves_the_rounding_metric_alone(self, tiny_config, new_state, batches, fabric, monkeypatch):
        config = tiny_config(channel={"shaping": 0.5})
        state, given = new_state(config), batches(config)
        losses = fabric.setup_module(LossOfSample(state.model, config))
        before = state.model.rounding_metric.clone()
        monkeypatch.setattr(
            "liftveil.training.step.objective", lambda *told: (objective(*told)[0] * nan, objective(*told)[1])
        )
        assert take_step(state, losses, given, config, fabric)[0] == "skip"
        assert torch.equal(state.model.rounding_metric, before)
        monkeypatch.undo()
        assert take_step(state, losses, given, config, fabric)[0] == "take"
        assert not torch.equal(state.model.rounding_metric, before)

    def test_makes_the_run_go_back_if_it_is_the_third(self, made_up):
        _, step = made_up([1, nan, nan, nan])
        assert [step()[0] for _ in range(4)] == ["take", "skip", "skip", "roll back"]


HUGE = 2.0**127
"""A scale that makes gradients of 16 overflow in float32, as much smaller ones do in float16."""


class TestScaledLosses:
    def test_make_the_same_step(self, made_up):
        plain, scaled = made_up([1] * 3), made_up([1] * 3, scale=4096.0)
        for _ in range(3):
            assert plain[1]() == scaled[1]()
        assert same(moving(plain[0]), moving(scaled[0]))

    def test_that_overflow_lower_the_scale_and_are_no_matter_for_the_guard(self, made_up):
        state, step = made_up([16] * 8, scale=HUGE)
        before = moving(state)
        verdicts = [step()[0]]
        assert same(moving(state), before)
        assert (state.scaler.get_scale(), state.guard.skipped, len(state.guard.losses)) == (HUGE / 2, 0, 0)
        verdicts += [step()[0] for _ in range(7)]
        searching = verdicts.index("take")
        assert searching >= 3, "three in a row would have sent the run back"
        assert verdicts == ["skip"] * searching + ["take"] * (8 - searching)
        assert state.scaler.get_scale() == HUGE / 2**searching
        assert len(state.guard.losses) == 8 - searching
        assert not same(moving(state), before)

    def test_that_are_not_finite_themselves_are_a_matter_for_the_guard(self, made_up):
        state, step = made_up([1, nan, nan, nan], scale=4096.0)
        assert [step()[0] for _ in range(4)] == ["take", "skip", "skip", "roll back"]
        assert state.scaler.get_scale() == 4096 / 8

    def test_are_a_matter_for_the_guard_once_there_is_nothing_left_to_lower(self, made_up):
        state, step = made_up([1] * 5, scale=4.0)
        state.model.chain.steps[0].normalisation.bias.register_hook(lambda gradient: gradient * inf)
        assert [step()[0] for _ in range(5)] == ["skip", "skip", "skip", "skip", "roll back"]
        assert (state.scaler.get_scale(), state.guard.skipped) == (1 / 8, 3)

    def test_are_a_matter_for_the_guard_if_no_scale_would_help(self, made_up):
        """Gradients that are finite, but not their norm."""
        state, step = made_up([1e30] * 3, scale=4.0)
        assert [step()[0] for _ in range(3)] == ["skip", "skip", "roll back"]
        assert state.scaler.get_scale() == 4


def test_batches_may_be_any_iterable(tiny_config, new_state, batches, fabric):
    config = tiny_config()
    state = new_state(config)
    losses = fabric.setup_module(LossOfSample(state.model, config))
    given = list(islice(batches(config), 1))
    assert take_step(state, losses, given, config, fabric)[0] == "take"
