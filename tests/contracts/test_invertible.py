"""What every invertible module promises, tested on all of them: a new class is tested by being listed."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import pytest
import torch
from torch import nn

import liftveil.invertible
import liftveil.networks
from liftveil.invertible import (
    ActNorm,
    AffineCoupling,
    ColourStrength,
    Folded,
    GreyCentring,
    Invertible,
    OpponentColour,
    OrthogonalMixing,
    ReversibleColour,
    Sequence,
    TriangularMixing,
    Wavelet,
)
from liftveil.networks import CONDITIONERS
from liftveil.networks.starinn import FlowBlock
from liftveil.wavelets import SCHEMES

CHANNELS = 4
SEEDS = count(100)


@dataclass(frozen=True)
class Case:
    """How to build a module, and what may be asked of it.

    Attributes:
        build: Makes a module.
        shape: Of the input.
        output_shape: Of the output, if another.
        starts_as_identity: Whether a fresh module changes nothing.
        on_pixels: Whether it is a bijection of 8-bit pixels and what they are mapped to, and of nothing else.
    """

    build: Callable[[], Invertible]
    shape: tuple[int, ...] = (2, CHANNELS, 2, 3)
    output_shape: tuple[int, ...] | None = None
    starts_as_identity: bool = False
    on_pixels: bool = False


def coupling(conditioner, changes):
    return AffineCoupling(CONDITIONERS[conditioner](CHANNELS // 2, CHANNELS, 3), changes=changes, bound=2.0)


def flow_block(mix, conditioner):
    return FlowBlock(ActNorm(CHANNELS), mix, coupling(conditioner, "first"))


def constant_mixing():
    """Another one at each call, as a module without parameters cannot be randomised afterwards."""
    return randomised(TriangularMixing(CHANNELS), seed=next(SEEDS)).frozen()


def folded():
    """Colours and a wavelet as one convolution, with gains that are random."""
    gains = randomised(ColourStrength(12, luma=1.0, chroma=3.0, learned=True), seed=next(SEEDS))
    return Folded(
        Sequence(OpponentColour(), Wavelet("haar", levels=1, mode="float", colours=3), gains), channels=3, side=2
    )


def wavelet_case(name, levels, mode, colours=3):
    return Case(
        lambda: Wavelet(name, levels=levels, mode=mode, colours=colours),
        shape=(2, colours, 4, 4),
        output_shape=(2, colours * 4**levels, 4 // 2**levels, 4 // 2**levels),
        on_pixels=mode == "integer",
    )


PICTURE = (2, 3, 2, 3)
CASES = {
    "actnorm": Case(lambda: ActNorm(CHANNELS), starts_as_identity=True),
    "mixing, lu": Case(lambda: TriangularMixing(CHANNELS), starts_as_identity=True),
    "mixing, orthogonal": Case(lambda: OrthogonalMixing(CHANNELS), starts_as_identity=True),
    "mixing, constant": Case(constant_mixing),
    **{
        f"coupling, {conditioner}, {half}": Case(
            lambda conditioner=conditioner, half=half: coupling(conditioner, half), starts_as_identity=True
        )
        for conditioner in CONDITIONERS
        for half in ("first", "second")
    },
    **{
        f"wavelet, {name}, {levels}, {mode}": wavelet_case(name, levels, mode)
        for name in SCHEMES
        for levels in (1, 2)
        for mode in ("float", "integer")
    },
    "wavelet, grey, float": wavelet_case("legall5/3", 2, "float", colours=1),
    "wavelet, grey, integer": wavelet_case("legall5/3", 2, "integer", colours=1),
    "colour, opponent": Case(OpponentColour, PICTURE),
    "colour, reversible": Case(ReversibleColour, PICTURE, on_pixels=True),
    "colour, grey": Case(GreyCentring, (2, 1, 2, 3)),
    "strength": Case(lambda: ColourStrength(6, luma=1.0, chroma=3.0, learned=True), (2, 6, 2, 3)),
    "strength, grey": Case(lambda: ColourStrength(4, luma=3.0, chroma=None, learned=True)),
    "folded": Case(folded, (2, 3, 4, 8), output_shape=(2, 12, 2, 4)),
    "sequence": Case(
        lambda: Sequence(ActNorm(CHANNELS), coupling("plain", "second"), OrthogonalMixing(CHANNELS)),
        starts_as_identity=True,
    ),
    "sequence, none": Case(Sequence, starts_as_identity=True),
    "flow block, lu, plain": Case(lambda: flow_block(TriangularMixing(CHANNELS), "plain"), starts_as_identity=True),
    "flow block, orthogonal, star": Case(
        lambda: flow_block(OrthogonalMixing(CHANNELS), "star"), starts_as_identity=True
    ),
}

every = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
smooth = pytest.mark.parametrize(
    "case",
    [case for case in CASES.values() if not case.on_pixels],
    ids=[name for name, case in CASES.items() if not case.on_pixels],
)
starting_as_identity = pytest.mark.parametrize(
    "case",
    [case for case in CASES.values() if case.starts_as_identity],
    ids=[name for name, case in CASES.items() if case.starts_as_identity],
)


def randomised(module, seed=1, deviation=0.3):
    """The module in float64 with noise on every parameter."""
    generator = torch.Generator().manual_seed(seed)
    module = module.double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter += deviation * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    return module


def some_input(case, seed=2):
    generator = torch.Generator().manual_seed(seed)
    if case.on_pixels:
        return torch.randint(0, 256, case.shape, generator=generator).double()
    return torch.randn(case.shape, generator=generator, dtype=torch.float64)


def some_output(case, module, seed=3):
    """An element of the module's range; of bijections of pixels only, one that pixels are mapped to."""
    if case.on_pixels:
        return module(some_input(case, seed))
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(case.output_shape or case.shape, generator=generator, dtype=torch.float64)


def assert_same(actual, expected):
    assert actual.shape == expected.shape
    assert (actual - expected).abs().max() <= 1e-9 * expected.abs().max()


def concrete_classes():
    """Every class of the two rooms that is an Invertible and can be instantiated."""
    for package in (liftveil.invertible, liftveil.networks):
        for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)
    found, waiting = set(), [Invertible]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        found.add(kind)
    rooms = ("liftveil.invertible.", "liftveil.networks.")
    return {kind for kind in found if kind.__module__.startswith(rooms) and not inspect.isabstract(kind)}


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def test_every_invertible_class_is_listed():
    assert {type(case.build()) for case in CASES.values()} == concrete_classes()


@starting_as_identity
def test_a_fresh_module_changes_nothing(case):
    module, x = case.build().double(), some_input(case)
    assert_same(module(x), x)
    assert_same(module.inverse(x), x)
    assert module.log_abs_det(x).tolist() == [0.0, 0.0]


@every
def test_output_has_the_promised_shape_and_type(case):
    module, x = randomised(case.build()), some_input(case)
    y = module(x)
    assert y.shape == (case.output_shape or case.shape)
    assert module.inverse(y).shape == x.shape
    assert y.dtype == module.inverse(y).dtype == torch.float64
    assert module.float()(x.float()).dtype == torch.float32


@every
def test_inverse_undoes_forward(case):
    module, x = randomised(case.build()), some_input(case)
    assert_same(module.inverse(module(x)), x)


@every
def test_forward_undoes_inverse(case):
    module = randomised(case.build())
    y = some_output(case, module)
    assert_same(module(module.inverse(y)), y)


@every
def test_gradients_reach_the_input_and_every_parameter(case):
    module, x = randomised(case.build()), some_input(case).requires_grad_()
    (module(x) ** 2).sum().backward()
    for tensor in (x, *module.parameters()):
        assert tensor.grad is not None
        assert tensor.grad.isfinite().all()
        assert tensor.grad.any()


@smooth
@pytest.mark.parametrize("direction", ["forward", "inverse"])
def test_gradients_are_those_of_finite_differences(case, direction):
    module = randomised(case.build())
    names = [name for name, _ in module.named_parameters()]
    leaves = [parameter.detach().clone().requires_grad_() for parameter in module.parameters()]
    start = some_input(case) if direction == "forward" else some_output(case, module)

    def call(tensor, *values):
        # functional_call reaches forward only, so the inverse is called through a forward of its own
        parameters = {f"module.{name}": value for name, value in zip(names, values, strict=True)}
        return torch.func.functional_call(Directed(module, direction), parameters, (tensor,))

    assert torch.autograd.gradcheck(call, (start.requires_grad_(), *leaves), fast_mode=True)


@every
@pytest.mark.parametrize("direction", ["forward", "inverse"])
def test_recomputed_gradients_are_those_of_stored_activations(case, direction):
    sequence = Sequence(randomised(case.build()))
    start = some_input(case) if direction == "forward" else some_output(case, sequence).detach()

    def gradients():
        leaf = start.clone().requires_grad_()
        loss = getattr(sequence, direction)(leaf).sin().sum()  # rotations would not change a sum of squares
        return torch.autograd.grad(loss, (leaf, *sequence.parameters()))

    stored = gradients()
    sequence.recompute = True
    for recomputed, expected in zip(gradients(), stored, strict=True):
        assert_same(recomputed, expected)


class Directed(nn.Module):
    """One direction of a module, as a forward."""

    def __init__(self, module, direction):
        super().__init__()
        self.module = module
        self.direction = direction

    def forward(self, x):
        return getattr(self.module, self.direction)(x)


@every
def test_log_abs_det_is_that_of_the_full_jacobian(case):
    module, x = randomised(case.build()), some_input(case)
    size = x[0].numel()
    jacobian = torch.autograd.functional.jacobian(module, x).reshape(2, size, 2, size)
    assert not jacobian[0, :, 1].any()  # samples do not see each other
    assert not jacobian[1, :, 0].any()
    expected = torch.stack([torch.linalg.slogdet(jacobian[k, :, k]).logabsdet for k in (0, 1)])
    # gains are stored in float32, and integer wavelets multiply by them
    tolerance = 1e-5 if case.on_pixels else 1e-9
    log_abs_det = module.log_abs_det(x)
    assert log_abs_det.shape == (2,)
    torch.testing.assert_close(log_abs_det, expected, rtol=tolerance, atol=tolerance)


@every
def test_state_dict_carries_everything(case):
    original, twin = randomised(case.build(), seed=1), randomised(case.build(), seed=4)
    x = some_input(case)
    y = original(x)
    assert torch.equal(twin(x), y) == (not original.state_dict())
    twin.load_state_dict(original.state_dict())
    assert torch.equal(twin(x), y)
    assert torch.equal(twin.inverse(y), original.inverse(y))
    assert torch.equal(twin.log_abs_det(x), original.log_abs_det(x))


@every
def test_training_and_evaluation_are_the_same_and_nothing_is_remembered(case):
    module, x = randomised(case.build()), some_input(case)
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    y = module.train()(x)
    back = module.inverse(y)
    module(some_input(case, seed=5))
    assert torch.equal(module.eval()(x), y)
    assert torch.equal(module.inverse(y), back)
    after = module.state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
