"""Gradients by reconstruction: those of stored activations, in memory that does not grow with the chain."""

import gc
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn import functional

import liftveil
from liftveil.channel import round_levels
from liftveil.invertible import (
    ActNorm,
    AffineCoupling,
    Invertible,
    Sequence,
    TriangularMixing,
    recomputed_forward,
    recomputed_inverse,
)
from liftveil.networks import CONDITIONERS, StarINN, load_weights

TRAINED = Path(liftveil.__file__).parent / "weights" / "starinn-1" / "weights.safetensors"
RECOMPUTED = {"forward": recomputed_forward, "inverse": recomputed_inverse}

both_directions = pytest.mark.parametrize("direction", RECOMPUTED)


class Watched(Invertible):
    """Another module, about whose evaluations a listener is told."""

    def __init__(self, module, listener):
        super().__init__()
        self.module = module
        self.listener = listener

    def forward(self, x):
        self.listener(x)
        return self.module(x)

    def inverse(self, y):
        self.listener(y)
        return self.module.inverse(y)

    def log_abs_det(self, x):
        return self.module.log_abs_det(x)


class Meter:
    """Bytes of activations that graphs hold, now and at the most."""

    def __init__(self, modules):
        self.apart = {parameter.untyped_storage().data_ptr() for parameter in modules.parameters()}
        self.now = self.most = 0

    def __enter__(self):
        self.hooks = saved_tensors_hooks(self.pack, lambda held: held.tensor)
        self.hooks.__enter__()
        return self

    def __exit__(self, *error):
        self.hooks.__exit__(*error)

    def pack(self, tensor):
        held = Held(tensor)
        if tensor.untyped_storage().data_ptr() not in self.apart:
            self.count(tensor.nbytes)
            weakref.finalize(held, self.count, -tensor.nbytes)
        return held

    def count(self, change):
        self.now += change
        self.most = max(self.most, self.now)


class Held:
    def __init__(self, tensor):
        self.tensor = tensor


def triple(half="first"):
    coupling = AffineCoupling(CONDITIONERS["plain"](3, 6, 4), changes=half, bound=2.0)
    return [ActNorm(6), TriangularMixing(6), coupling]


@pytest.fixture
def chain(randomised):
    return randomised(Sequence(*triple("first"), *triple("second")))


def differing(actual, expected):
    return ((actual - expected).norm() / expected.norm()).item()


def gradients(run, chain, start):
    """Gradients of some loss with respect to the start and every parameter."""
    leaf = start.clone().requires_grad_()
    loss = run(chain, leaf).square().sum()
    return torch.autograd.grad(loss, (leaf, *chain.parameters()))


def stored(direction):
    """The same direction with stored activations."""
    return getattr(Sequence, direction)


def crop(path):
    with Image.open(path) as picture:
        pixels = np.array(picture.convert("RGB"))[200:264, 240:304]
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].double()


def trained():
    return load_weights(TRAINED).double()


def noisy():
    """As deep as the trained network, of another kind in all else."""
    config = replace(load_weights(TRAINED).config, conditioner="plain", width=8, mixing="orthogonal", levels=1)
    model = StarINN(replace(config, learned_strengths=True)).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.02 * torch.randn_like(parameter)
    return model


def exchange_gradients(model, cover, secret):
    """What training asks for: the chain runs in both directions within one graph."""
    stego, _ = model.embed(cover, secret)
    recovered = model.extract(round_levels(stego))
    loss = functional.mse_loss(stego, cover) + functional.mse_loss(recovered, secret)
    named = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    return dict(zip(named, torch.autograd.grad(loss, tuple(named.values())), strict=True))


@pytest.mark.parametrize("build", [trained, noisy])
def test_gradients_of_an_exchange_are_those_of_stored_activations(build, photographs):
    model, cover, secret = build(), crop(photographs.cover), crop(photographs.secret)
    expected = exchange_gradients(model, cover, secret)
    model.recompute(True)
    actual = exchange_gradients(model, cover, secret)
    assert {name: gradient for name, gradient in expected.items() if not gradient.any()} == {}
    off = {name: differing(actual[name], gradient) for name, gradient in expected.items()}
    assert max(off.values()) <= 1e-9, off


@both_directions
def test_values_are_the_very_same_and_gradients_those_of_stored_activations(chain, activation, direction):
    recomputed = RECOMPUTED[direction]
    assert torch.equal(recomputed(chain, activation), stored(direction)(chain, activation))
    expected = gradients(stored(direction), chain, activation)
    for actual, wanted in zip(gradients(recomputed, chain, activation), expected, strict=True):
        assert differing(actual, wanted) <= 1e-9


@both_directions
def test_float32_gradients_are_good_to_float32(chain, activation, direction):
    chain, start = chain.float(), activation.float()
    expected = gradients(stored(direction), chain, start)
    for actual, wanted in zip(gradients(RECOMPUTED[direction], chain, start), expected, strict=True):
        assert actual.dtype == torch.float32
        assert differing(actual, wanted) <= 1e-4


def test_float32_gradients_of_the_trained_network_lose_little(photographs):
    model, cover, secret = trained().float(), crop(photographs.cover).float(), crop(photographs.secret).float()
    expected = exchange_gradients(model, cover, secret)
    model.recompute(True)
    actual = exchange_gradients(model, cover, secret)
    whole = (torch.cat([gradient.flatten() for gradient in run.values()]) for run in (actual, expected))
    assert differing(*whole) <= 1e-3


def held_bytes(run, randomised, activation, depth):
    """Bytes that the graph of a chain holds after the forward pass, and at the most in the backward pass."""
    chain = randomised(Sequence(*(step for _ in range(depth) for step in triple())))
    with Meter(chain) as meter:
        loss = run(chain, activation.requires_grad_()).sum()  # a sum keeps nothing
        after_forward = meter.now
        loss.backward()
    assert all(parameter.grad is not None for parameter in chain.parameters())
    del loss
    assert meter.now == 0
    return after_forward, meter.most


@both_directions
def test_memory_does_not_grow_with_the_chain(randomised, activation, direction):
    recomputed = [held_bytes(RECOMPUTED[direction], randomised, activation, depth) for depth in (1, 2, 8)]
    assert [after_forward for after_forward, _ in recomputed] == 3 * [activation.nbytes]  # the output alone
    assert recomputed[0] == recomputed[1] == recomputed[2]
    kept = [held_bytes(stored(direction), randomised, activation, depth) for depth in (1, 2, 8)]
    assert kept[1][0] >= 1.8 * kept[0][0]
    assert kept[2][0] >= 7 * kept[0][0]
    assert recomputed[0][1] <= kept[0][1] + activation.nbytes


@both_directions
def test_nothing_is_left_behind(randomised, activation, direction):
    seen, most = [], []

    def listener(tensor):
        seen.append(weakref.ref(tensor))
        most.append(sum(reference() is not None for reference in seen))

    chain = randomised(Sequence(*(Watched(ActNorm(6), listener) for _ in range(6))))
    gc.collect()
    gc.disable()  # what only the collector would free is a leak here
    try:
        end = RECOMPUTED[direction](chain, activation * 2)
        assert [reference() for reference in seen] == 6 * [None]
        end.square().sum().backward()
        assert len(seen) == 18
        output = weakref.ref(end)
        del end
        assert output() is None
        assert [reference() for reference in seen] == 18 * [None]
    finally:
        gc.enable()
    # what a step is given, and in the backward pass the output and what the step before was given
    assert max(most) <= 3


def there_and_back(forward, inverse):
    return lambda chain, start: inverse(chain, forward(chain, start).sin())


def test_one_graph_may_use_a_chain_in_both_directions(chain, activation):
    expected = gradients(there_and_back(Sequence.forward, Sequence.inverse), chain, activation)
    actual = gradients(there_and_back(recomputed_forward, recomputed_inverse), chain, activation)
    assert max(map(differing, actual, expected)) <= 1e-9


@both_directions
def test_shared_parameters_get_the_sum(randomised, activation, direction):
    first, mix, coupling = randomised(nn.ModuleList(triple()))
    second = ActNorm(6).double()
    second.log_scale = first.log_scale
    chain = Sequence(first, mix, second, coupling, first)
    assert len(list(chain.parameters())) == len(list(nn.ModuleList([first, mix, coupling]).parameters())) + 1
    expected = gradients(stored(direction), chain, activation)
    assert max(map(differing, gradients(RECOMPUTED[direction], chain, activation), expected)) <= 1e-9


@both_directions
def test_the_chain_keeps_its_parameters(chain, activation, direction):
    before = dict(chain.named_parameters())
    RECOMPUTED[direction](chain, activation).square().sum().backward()
    assert all(parameter is before[name] for name, parameter in chain.named_parameters())
    assert all(parameter.grad is not None for parameter in before.values())


@both_directions
def test_only_what_requires_a_gradient_gets_one(chain, activation, direction):
    fixed = next(chain.parameters())
    fixed.requires_grad_(False)
    chain.steps[1].idle = nn.Parameter(torch.zeros(3))
    RECOMPUTED[direction](chain, activation).square().sum().backward()
    without = [name for name, parameter in chain.named_parameters() if parameter.grad is None]
    assert without == ["steps.0.log_scale", "steps.1.idle"]
    assert activation.grad is None


def test_inputs_may_require_a_gradient_alone(chain, activation):
    chain.requires_grad_(False)
    expected, actual = (
        torch.autograd.grad(run(chain, activation.requires_grad_()).square().sum(), activation)[0]
        for run in (Sequence.forward, recomputed_forward)
    )
    assert differing(actual, expected) <= 1e-9


@both_directions
def test_nothing_is_kept_for_steps_that_need_no_gradient(chain, activation, direction):
    steps = list(chain) if direction == "forward" else list(chain)[::-1]
    for step in steps[:3]:
        step.requires_grad_(False)
    expected = gradients_that_exist(stored(direction), chain, activation)
    end = RECOMPUTED[direction](chain, activation).square().sum()
    trails = {node.trail for node in nodes(end.grad_fn) if hasattr(node, "trail")}
    end.backward()
    assert [trail.here for trail in trails] == [None]
    actual = [parameter.grad for parameter in chain.parameters() if parameter.requires_grad]
    assert max(map(differing, actual, expected)) <= 1e-9


def gradients_that_exist(run, chain, start):
    wanted = [parameter for parameter in chain.parameters() if parameter.requires_grad]
    return torch.autograd.grad(run(chain, start).square().sum(), wanted)


def nodes(node):
    yield node
    for behind, _ in node.next_functions:
        if behind is not None:
            yield from nodes(behind)


@both_directions
def test_without_gradients_it_is_plain_evaluation(chain, activation, direction):
    with torch.no_grad():
        assert not RECOMPUTED[direction](chain, activation).requires_grad
    with torch.inference_mode():
        assert torch.equal(RECOMPUTED[direction](chain, activation), stored(direction)(chain, activation))
    assert not RECOMPUTED[direction](chain.requires_grad_(False), activation).requires_grad


def test_hooks_of_parameters_see_the_whole_gradient_once(chain, activation):
    parameter = chain.steps[0].bias
    expected = gradients(there_and_back(Sequence.forward, Sequence.inverse), chain, activation)[2]
    hooked, accumulated = [], []
    parameter.register_hook(lambda gradient: (hooked.append(gradient), 3 * gradient)[1])
    parameter.register_post_accumulate_grad_hook(lambda leaf: accumulated.append(leaf.grad.clone()))
    there_and_back(recomputed_forward, recomputed_inverse)(chain, activation).square().sum().backward()
    torch.testing.assert_close(hooked, [expected])
    torch.testing.assert_close(accumulated, [3 * expected])


@pytest.mark.parametrize("at_forward", [True, False])
def test_the_autocast_state_is_that_of_the_forward_pass(randomised, activation, at_forward):
    seen = []

    def listener(_tensor):
        seen.append((torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cpu")))

    chain = randomised(Sequence(Watched(ActNorm(6), listener), *triple())).float()
    with torch.autocast("cpu", torch.float16, enabled=at_forward):
        loss = recomputed_forward(chain, activation.float()).square().sum()
    with torch.autocast("cpu", torch.bfloat16, enabled=not at_forward):
        loss.backward()
    assert [state[0] for state in seen] == 3 * [at_forward]
    assert {state[1] for state in seen} == {torch.float16}
    assert all(parameter.grad.dtype == torch.float32 for parameter in chain.parameters())
    assert all(parameter.grad.isfinite().all() for parameter in chain.parameters())


@both_directions
def test_conditioners_may_compute_in_16_bits(randomised, activation, direction):
    coupling = triple()[2]
    chain = randomised(Sequence(ActNorm(6), coupling, ActNorm(6), triple("second")[2])).float()

    def run(function):
        with torch.autocast("cpu", torch.bfloat16):
            return gradients(function, chain, activation.float())

    expected, exact = run(stored(direction)), gradients(stored(direction), chain, activation.float())
    assert max(map(differing, run(RECOMPUTED[direction]), expected)) < max(map(differing, exact, expected))


@both_directions
def test_a_parameter_changed_in_between_is_refused(chain, activation, direction):
    end = RECOMPUTED[direction](chain, activation)
    with torch.no_grad():
        chain.steps[3].bias += 1
    with pytest.raises(RuntimeError, match="a parameter was changed in place before the backward pass"):
        end.sum().backward()


def test_an_output_changed_in_between_is_refused(chain, activation):
    end = recomputed_forward(chain, activation)
    end += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        end.sum().backward()


def test_gradients_can_be_taken_again_from_the_same_graph_but_not_twice_over(chain, activation):
    activation.requires_grad_()
    loss = recomputed_forward(chain, activation).square().sum()
    first, second = (torch.autograd.grad(loss, activation, retain_graph=True)[0] for _ in range(2))
    assert torch.equal(first, second)
    (gradient,) = torch.autograd.grad(loss, activation, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


def test_tensors_in_place_of_parameters_get_their_gradients(chain, activation):
    values = {name: parameter.detach().clone() for name, parameter in chain.named_parameters()}
    values["steps.0.bias"] += 1
    chain.recompute = True

    def call(bias):
        return torch.func.functional_call(chain, {**values, "steps.0.bias": bias}, (activation,))

    assert torch.autograd.gradcheck(call, values["steps.0.bias"].requires_grad_(), fast_mode=True)


def test_a_chain_without_steps_passes_gradients_through(activation):
    for run in RECOMPUTED.values():
        end = run(Sequence(), activation.requires_grad_())
        assert torch.equal(end, activation)
        assert torch.equal(torch.autograd.grad(end.sum(), activation)[0], torch.ones_like(activation))
