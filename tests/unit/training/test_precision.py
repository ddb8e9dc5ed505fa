"""Precision: sixteen bits inside the conditioners, nowhere else, and only where they are worth it."""

from types import SimpleNamespace

import pytest
import torch

from liftveil.errors import HardwareError
from liftveil.invertible import AffineCoupling
from liftveil.networks import StarINN
from liftveil.networks.starinn import FlowBlock
from liftveil.networks.subnets import MatrixConv
from liftveil.training import precision as module
from liftveil.training.precision import convolution_seconds, loss_scaler, refuse_if_slower, set_precision

CPU = torch.device("cpu")
MIXED = {"16-mixed": torch.float16, "bf16-mixed": torch.bfloat16}


@pytest.fixture
def quick(monkeypatch):
    """A device on which shorter types are quicker; the types that were measured."""
    measured = []
    monkeypatch.setattr(module, "convolution_seconds", lambda dtype, _: measured.append(dtype) or dtype.itemsize)
    return measured


def coupling_types(model):
    return {part.dtype for part in model.modules() if isinstance(part, AffineCoupling)}


class TestSetting:
    @pytest.mark.parametrize("name", MIXED)
    def test_a_mixed_precision_reaches_the_couplings_alone(self, tiny_config, quick, name):
        model = StarINN(tiny_config().model)
        before = {key: value.clone() for key, value in model.state_dict().items()}
        set_precision(model, name, CPU)
        assert coupling_types(model) == {MIXED[name]}
        assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
        assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
        assert quick == [MIXED[name], torch.float32]

    @pytest.mark.parametrize("name", ["32", "64"])
    def test_a_full_precision_is_not_even_measured(self, tiny_config, quick, name):
        model = StarINN(tiny_config().model)
        set_precision(model, name, CPU)
        assert (coupling_types(model), quick) == ({None}, [])

    def test_a_slower_device_is_refused_and_the_network_stays_as_it_is(self, tiny_config, monkeypatch):
        monkeypatch.setattr(module, "convolution_seconds", lambda dtype, _: 1 / dtype.itemsize)
        model = StarINN(tiny_config().model)
        with pytest.raises(HardwareError):
            set_precision(model, "bf16-mixed", CPU)
        assert coupling_types(model) == {None}


class TestRefusing:
    @pytest.mark.parametrize("name", MIXED)
    @pytest.mark.parametrize(("seconds", "times"), [(1.0, "1.0"), (1.5, "1.5"), (100.0, "100.0")])
    def test_what_is_not_quicker(self, name, seconds, times):
        with pytest.raises(HardwareError) as refusal:
            refuse_if_slower(name, {MIXED[name]: seconds, torch.float32: 1.0}.__getitem__)
        told = f"'compute.precision' '{name}' takes {times} times as long as '32' on this machine; use '32'"
        assert (str(refusal.value), refusal.value.key) == (told, "compute.precision")

    @pytest.mark.parametrize("name", MIXED)
    def test_but_not_what_is(self, name):
        assert refuse_if_slower(name, {MIXED[name]: 0.99, torch.float32: 1.0}.__getitem__) is None


class TestMeasuring:
    @pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
    def test_is_of_convolutions_in_the_type(self, monkeypatch, dtype):
        computed = []
        convolve = module.functional.conv2d

        def spy(x, kernel, **options):
            computed.append(convolve(x, kernel, **options))
            return computed[-1]

        monkeypatch.setattr(module, "functional", SimpleNamespace(conv2d=spy))
        assert convolution_seconds(dtype, CPU) > 0
        assert [result.dtype for result in computed] == [dtype] * 3

    def test_gives_the_best_time(self, monkeypatch):
        clock = iter([0.0, 5.0, 10.0, 12.0, 20.0, 23.0])
        monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
        assert convolution_seconds(torch.float32, CPU) == 2.0


class TestTheScaler:
    def test_of_float16_starts_at_4096(self):
        scaler = loss_scaler("16-mixed", CPU)
        assert (scaler.is_enabled(), scaler.get_scale()) == (True, 4096)
        assert float(scaler.scale(torch.tensor(0.5))) == 2048

    @pytest.mark.parametrize("name", ["32", "64", "bf16-mixed"])
    def test_of_other_precisions_does_nothing(self, name):
        scaler = loss_scaler(name, CPU)
        assert (scaler.is_enabled(), float(scaler.scale(torch.tensor(0.5)))) == (False, 0.5)


@pytest.fixture(params=MIXED)
def mixed(request, tiny_config, stirred, quick):
    """A network in a mixed precision, the type of its conditioners, and the same network in float32."""
    config = tiny_config(model={"blocks": 4, "width": 8, "conditioner": "star"})
    model, full = stirred(config), stirred(config)
    set_precision(model, request.param, CPU)
    assert quick
    return model, MIXED[request.param], full


@pytest.fixture
def pictures():
    generator = torch.Generator().manual_seed(0)
    return torch.rand(2, 2, 3, 32, 32, generator=generator).mul(255).unbind()


class TestAMixedNetwork:
    @pytest.fixture
    def types(self):
        """Types that modules of a kind give, by name; their inputs' too if asked for."""

        def watch(model, kind):
            seen = set()
            for part in model.modules():
                if isinstance(part, kind):
                    part.register_forward_hook(lambda _, given, result: seen.update({given[0].dtype, result.dtype}))
            return seen

        return watch

    def test_computes_its_conditioners_in_the_type_and_nothing_else(self, mixed, pictures, types):
        model, dtype, _ = mixed
        inside, chain = types(model, MatrixConv), types(model, (FlowBlock, AffineCoupling))
        transforms = types(model, type(model.transform.steps[1]))
        stego, residual = model.embed(*pictures)
        recovered = model.extract(stego)
        assert inside == {torch.float32, dtype}  # the first convolution is given float32
        assert chain == transforms == {torch.float32}
        assert {tensor.dtype for tensor in (stego, residual, recovered)} == {torch.float32}

    def test_has_gradients_in_float32_that_are_nearly_those_of_float32(self, mixed, pictures):
        model, _, full = mixed
        gradients = []
        for network in (model, full):
            stego, _ = network.embed(*pictures)
            loss = (stego - pictures[0]).square().mean() + (network.extract(stego) - pictures[1]).square().mean()
            assert loss.dtype == torch.float32
            loss.backward()
            assert {p.grad.dtype for p in network.parameters() if p.requires_grad} == {torch.float32}
            gradients.append(torch.cat([p.grad.flatten() for p in network.parameters() if p.requires_grad]))
        difference, size = (gradients[0] - gradients[1]).norm(), gradients[1].norm()
        assert 0 < difference < 0.05 * size

    def test_is_still_invertible(self, mixed, pictures):
        """Up to far less than the rounding of a stego costs, which is 0.29: here and there, a rounding tips over."""
        model, _, _ = mixed
        with torch.no_grad():
            stego, residual = model.embed(*pictures)
            back = model.part(stego, residual)
        assert float((stego - pictures[0]).abs().max()) > 10
        for given, returned in zip(pictures, back, strict=True):
            assert float((returned - given).square().mean().sqrt()) < 0.15
