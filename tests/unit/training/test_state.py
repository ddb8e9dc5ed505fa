"""The state of a run: what it starts as, and that nothing of it is lost on the way to tensors and back."""

import pytest
import torch

from liftveil.invertible import AffineCoupling
from liftveil.training import precision
from liftveil.training.guard import Guard
from liftveil.training.precision import FIRST_SCALE
from liftveil.training.state import fresh_state, part


def same(left, right):
    """Whether two dicts of tensors are equal in every value and type."""
    return left.keys() == right.keys() and all(
        torch.equal(tensor, right[name]) and tensor.dtype == right[name].dtype for name, tensor in left.items()
    )


def weights(module):
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


class TestAFreshState:
    def test_depends_on_the_seed_alone(self, tiny_config):
        torch.manual_seed(0)
        first = fresh_state(tiny_config()).tensors()
        torch.manual_seed(1)
        assert same(fresh_state(tiny_config()).tensors(), first)
        other = fresh_state(tiny_config(training={"seed": 6})).tensors()
        assert not torch.equal(other["random"], first["random"])
        assert not same(part(other, "model"), part(first, "model"))

    def test_shows_the_cover(self, tiny_config):
        state = fresh_state(tiny_config())
        cover, secret = torch.rand(2, 1, 3, 16, 16) * 255
        for network in (state.model, state.averaged):
            torch.testing.assert_close(network.embed(cover, secret)[0], cover, rtol=0, atol=1e-3)

    def test_has_nothing_behind_it(self, tiny_config):
        state = fresh_state(tiny_config())
        assert (state.step, state.seconds, state.earlier, state.guard) == (0, 0.0, "[]", Guard())
        assert same(weights(state.averaged), weights(state.model))
        assert not any(optimiser.state for optimiser in state.optimisers)

    @pytest.mark.parametrize(("name", "dtype"), [("32", torch.float32), ("64", torch.float64)])
    def test_is_in_the_configured_precision(self, tiny_config, name, dtype):
        state = fresh_state(tiny_config(compute={"precision": name}))
        for network in (state.model, state.averaged):
            assert {parameter.dtype for parameter in network.parameters()} == {dtype}
        assert not state.scaler.is_enabled()

    @pytest.mark.parametrize(("name", "dtype"), [("16-mixed", torch.float16), ("bf16-mixed", torch.bfloat16)])
    def test_averages_in_full_precision(self, tiny_config, monkeypatch, name, dtype):
        monkeypatch.setattr(precision, "convolution_seconds", lambda kind, _: kind.itemsize)
        state = fresh_state(tiny_config(compute={"precision": name}))
        types = [
            {module.dtype for module in network.modules() if isinstance(module, AffineCoupling)}
            for network in (state.model, state.averaged)
        ]
        assert types == [{dtype}, {None}]
        assert {parameter.dtype for parameter in state.model.parameters()} == {torch.float32}
        assert state.scaler.get_scale() == (FIRST_SCALE if name == "16-mixed" else 1)


def test_the_same_weights_can_be_put_into_model_and_average(tiny_config, stirred):
    state, expected = fresh_state(tiny_config()), weights(stirred(tiny_config()))
    state.fill(expected)
    assert same(weights(state.model), expected)
    assert same(weights(state.averaged), expected)


def test_the_average_moves_a_share_of_the_way(tiny_config, new_state, advance):
    state = new_state(tiny_config(optimiser={"ema_decay": 0.75}))
    advance(state, steps=1, seed=1)
    assert same(weights(state.averaged), weights(state.model))  # the first step's weights are all it knows
    before = weights(state.averaged)
    advance(state, steps=1, seed=2)
    for name, parameter in state.model.named_parameters():
        expected = 0.75 * before[name] + 0.25 * parameter.detach()
        torch.testing.assert_close(state.averaged.get_parameter(name).detach(), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["32", "64"])
def test_everything_goes_through_tensors(tiny_config, new_state, advance, name):
    config = tiny_config(compute={"precision": name}, model={"learned_strengths": True})
    state, other = new_state(config, seed=1), new_state(config, seed=2)
    advance(state, steps=2, seed=3)
    saved = {key: tensor.clone() for key, tensor in state.tensors().items()}
    assert {key.split(".")[0] for key in saved} == {"model", "average", "optimiser0", "optimiser1", "random"}
    drawn = torch.rand(5)
    assert not same(other.tensors(), saved)
    other.load_tensors(saved)
    assert same(other.tensors(), saved)
    assert torch.equal(torch.rand(5), drawn)


def test_what_was_loaded_is_a_copy(tiny_config, new_state, advance):
    state, other = new_state(tiny_config(), seed=1), new_state(tiny_config(), seed=2)
    advance(state, steps=1, seed=3)
    other.load_tensors(state.tensors())
    before = weights(state.model)
    advance(other, steps=1, seed=4)
    assert same(weights(state.model), before)


def test_a_part_is_what_stands_below_a_name():
    tensors = {name: torch.tensor(float(index)) for index, name in enumerate(["a.x", "a.y.z", "ab.x", "a"])}
    assert part(tensors, "a") == {"x": 0, "y.z": 1}
    assert part(tensors, "b") == {}
