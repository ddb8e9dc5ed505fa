"""The network: identity at the start, exact with its residual, determinant, layout."""

from copy import deepcopy

import numpy as np
import pytest
import torch

from liftveil.invertible import OpponentColour
from liftveil.invertible.mixing import ConstantMixing
from liftveil.networks import CONDITIONERS
from liftveil.networks.starinn import FlowBlock
from liftveil.networks.subnets import DepthwiseConv, MatrixConv
from liftveil.shaping import NoiseShaper

CHOICES = [
    {"conditioner": conditioner, "mixing": mixing, "levels": levels, "blocks": blocks}
    for conditioner in ("plain", "star")
    for mixing in ("lu", "orthogonal")
    for levels in (1, 2, 3)
    for blocks in (2, 3)
]
CHOICES += [{"conditioner": conditioner, "levels": 2, "blocks": 3} for conditioner in ("next", "naf")]
WAVELETS = [
    {"wavelet": wavelet, "levels": 2, "learned_strengths": True} for wavelet in ("haar", "legall5/3", "9/7-m", "cdf9/7")
]
INTEGER = {"wavelet_mode": "integer", "colour": "reversible"}
GREY = {"secret_channels": 1}
GREYS = [
    {**GREY, "levels": 1, "conditioner": "star", "blocks": 3},
    {**GREY, "levels": 2, "mixing": "orthogonal", "learned_strengths": True, "luma_strength": 0.7},
    {**GREY, "levels": 3, "wavelet": "cdf9/7", "blocks": 1},
]

every_choice = pytest.mark.parametrize(
    "choices", [*CHOICES, *WAVELETS, *GREYS], ids=lambda choices: " ".join(map(str, choices.values()))
)
both_kinds = pytest.mark.parametrize("kind", [{}, GREY], ids=["colour", "grey"])


def fitting(model, pictures):
    """Covers, and the secrets that the network takes: for a grey one, their red channels."""
    cover, secret = pictures
    return cover, secret[:, : model.config.secret_channels]


def doubled(pictures):
    return tuple(picture.double() for picture in pictures)


def off(one, other):
    """Largest difference in grey levels."""
    return (one - other).abs().max().item()


@every_choice
def test_a_fresh_network_hides_nothing(fresh, pictures, choices):
    model = fresh(**choices)
    cover, secret = fitting(model, pictures)
    stego, residual = model.embed(cover, secret)
    assert off(stego, cover) < 1e-3
    assert off(model.secret_transform.inverse(residual), secret) < 1e-3


@both_kinds
@pytest.mark.parametrize("blocks", [1, 2, 3, 4])
def test_a_normalised_network_hides_nothing_yet(fresh, pictures, blocks, kind):
    model = fresh(blocks=blocks, levels=2, **kind)
    cover, secret = fitting(model, pictures)
    model.normalise(cover, secret)
    stego, residual = model.embed(cover, secret)
    assert off(stego, cover) < 1e-3
    assert off(model.secret_transform.inverse(residual), secret) < 1e-3


@pytest.mark.parametrize(("kind", "channels"), [({}, 96), (GREY, 64)], ids=["colour", "grey"])
def test_blocks_of_a_normalised_network_see_mean_0_and_deviation_1(fresh, pictures, kind, channels):
    model = fresh(blocks=3, levels=2, **kind)
    cover, secret = fitting(model, pictures)
    model.normalise(cover, secret)
    entering = []
    for block in list(model.chain)[:3]:
        block.coupling.register_forward_hook(lambda _module, inputs, _out: entering.append(inputs[0]))
    model.embed(cover, secret)
    raw = torch.cat((model.transform(cover), model.secret_transform(secret)), dim=1)
    raw_deviation = raw.std(dim=(0, 2, 3), correction=0)
    lively = raw_deviation > 1e-2  # the others are taken as if they varied by this much
    assert lively.sum() > 0.8 * channels
    assert len(entering) == 3
    for activation in entering:
        torch.testing.assert_close(activation.mean(dim=(0, 2, 3)), torch.zeros(channels), rtol=0, atol=1e-3)
        deviation = activation.std(dim=(0, 2, 3), correction=0)
        torch.testing.assert_close(deviation[lively], torch.ones(int(lively.sum())), rtol=1e-3, atol=0)
        assert deviation.max() < 1.001


@both_kinds
def test_a_fresh_integer_network_gives_the_very_pixels(fresh, pictures, kind):
    model = fresh(levels=2, **INTEGER, **kind)
    cover, secret = fitting(model, pictures)
    stego, _ = model.embed(cover, secret)
    assert torch.equal(stego, cover)
    model.normalise(cover, secret)
    assert torch.equal(model.embed(cover, secret)[0], cover)


@every_choice
def test_secret_comes_back_with_the_true_residual(randomised, pictures, choices):
    model = randomised(**choices)
    cover, secret = fitting(model, pictures)
    stego, residual = model.embed(cover, secret)
    assert off(stego, cover) > 0.5  # it does hide something
    assert off(model.extract(stego, residual), secret) <= 1e-2
    model, (cover, secret) = model.double(), doubled((cover, secret))
    stego, residual = model.embed(cover, secret)
    assert off(model.extract(stego, residual), secret) <= 1e-6
    assert off(model.part(stego, residual)[0], cover) <= 1e-6
    part_cover, part_secret = model.part(cover, residual)  # of any pair, not only of one that was embedded
    again = model.embed(part_cover, part_secret)
    assert max(off(again[0], cover), off(again[1], residual)) <= 1e-6


@both_kinds
def test_without_the_residual_zeros_take_its_place(randomised, pictures, kind):
    model = randomised(**kind)
    stego, residual = model.embed(*fitting(model, pictures))
    assert torch.equal(model.extract(stego), model.extract(stego, torch.zeros_like(residual)))
    assert off(model.extract(stego), model.extract(stego, residual)) > 1


@both_kinds
def test_integer_network_makes_pixels_and_reads_back_what_it_rounded(randomised, pictures, kind):
    model = randomised(levels=2, **INTEGER, **kind)
    stego, residual = model.embed(*fitting(model, pictures))
    for made in (stego, model.extract(stego), model.secret_transform.inverse(residual)):
        assert torch.equal(made, made.round())
    assert torch.equal(model.transform.inverse(model.transform(stego)), stego)


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"conditioner": "star", "mixing": "orthogonal", "blocks": 3},
        {"wavelet": "cdf9/7", "luma_strength": 0.7, "learned_strengths": True},
        INTEGER,
        {**GREY, "learned_strengths": True, "luma_strength": 0.7},
    ],
    ids=["plain lu", "star orthogonal", "cdf9/7 learned", "integer", "grey"],
)
def test_log_abs_det_is_that_of_the_full_jacobian(randomised, choices):
    model = randomised(width=4, deviation=0.1, **choices).double()
    cover, secret = fitting(model, torch.randint(0, 256, (2, 2, 3, 4, 4)).double())
    size = 16 * (3 + model.config.secret_channels)

    def flat(both):
        stego, residual = model.embed(*both.reshape(1, -1, 4, 4).tensor_split((3,), dim=1))
        return torch.cat((stego.flatten(), residual.flatten()))

    log_abs_det = model.log_abs_det(cover, secret)
    assert log_abs_det.shape == (2,)
    assert log_abs_det.abs().min() > 0.1
    for k in (0, 1):
        both = torch.cat((cover[k], secret[k])).flatten()
        jacobian = torch.autograd.functional.jacobian(flat, both)
        assert jacobian.shape == (size, size)
        expected = torch.linalg.slogdet(jacobian).logabsdet
        torch.testing.assert_close(log_abs_det[k], expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("mixing", ["lu", "orthogonal"])
@pytest.mark.parametrize("conditioner", CONDITIONERS)
def test_a_flow_block_is_its_three_steps(randomised, mixing, conditioner):
    model = randomised(mixing=mixing, conditioner=conditioner, deviation=0.1).double()
    block, *_ = model.chain
    assert isinstance(block, FlowBlock)
    x = torch.randn(2, 24, 5, 6, dtype=torch.float64)
    unfused = block.unfused()
    torch.testing.assert_close(block(x), unfused(x), rtol=0, atol=1e-11)
    torch.testing.assert_close(block.inverse(x), unfused.inverse(x), rtol=0, atol=1e-11)
    torch.testing.assert_close(block.log_abs_det(x), unfused.log_abs_det(x))
    shared = {id(parameter) for parameter in unfused.parameters()}
    assert shared == {id(parameter) for parameter in block.parameters()}


def test_halves_take_turns_in_changing(fresh):
    model = fresh(blocks=4)
    blocks = [step for step in model.chain if isinstance(step, FlowBlock)]
    assert [block.coupling.changes for block in blocks] == ["first", "second", "first", "second"]


@both_kinds
@pytest.mark.parametrize("mixing", ["lu", "orthogonal"])
def test_frozen_network_is_the_same_and_leaves_the_original_alone(randomised, pictures, mixing, kind):
    model = randomised(mixing=mixing, blocks=3, **kind).double()
    cover, secret = fitting(model, doubled(pictures))
    stego, residual = model.embed(cover, secret)
    frozen = model.frozen()
    torch.testing.assert_close(frozen.embed(cover, secret), (stego, residual), rtol=0, atol=1e-9)
    torch.testing.assert_close(frozen.extract(stego), model.extract(stego), rtol=0, atol=1e-9)
    mixes = [step.mix for step in frozen.chain if isinstance(step, FlowBlock)]
    assert len(mixes) == 3
    assert all(isinstance(mix, ConstantMixing) for mix in mixes)
    assert not any(parameter.requires_grad for parameter in frozen.parameters())
    assert not frozen.training
    assert model.training
    assert all(parameter.requires_grad for parameter in model.chain.parameters())
    assert not any(isinstance(module, ConstantMixing) for module in model.modules())


@pytest.mark.parametrize("mixing", ["lu", "orthogonal"])
@pytest.mark.parametrize("conditioner", CONDITIONERS)
@both_kinds
@pytest.mark.parametrize("frozen", [False, True], ids=["training", "frozen"])
def test_activations_stay_channels_last(randomised, pictures, conditioner, mixing, kind, *, frozen):
    model = randomised(conditioner=conditioner, mixing=mixing, levels=2, blocks=3, **kind)
    model = model.frozen() if frozen else model
    read, made = [], []

    def watch(_module, inputs, output):
        read.append(inputs[0])
        made.append(output)

    for module in model.modules():
        if isinstance(module, (MatrixConv, DepthwiseConv)):
            module.register_forward_hook(watch)
    stego, _ = model.embed(*fitting(model, pictures))
    model.extract(stego)
    layers = {"plain": 3, "star": 4, "next": 5, "naf": 7}
    assert len(read) == 2 * 3 * layers[conditioner]
    # a half of the channels is a view: next to each other in memory, though not contiguous
    assert all(activation.stride(1) == 1 for activation in read)
    assert all(activation.is_contiguous(memory_format=torch.channels_last) for activation in made)
    assert not any(activation.is_contiguous() for activation in made)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_larger_chroma_strength_moves_distortion_into_colour(randomised, pictures, seed):
    cover, secret = doubled(pictures)

    def errors(chroma_strength):
        model = randomised(seed=seed, levels=2, luma_strength=1.0, chroma_strength=chroma_strength).double()
        stego, residual = model.embed(cover, secret)
        assert off(model.extract(stego, residual), secret) <= 1e-6
        colour = OpponentColour()
        change = colour(stego) - colour(cover)
        return change[:, 0].std().item(), change[:, 1:].std().item()

    (luma, chroma), (luma_doubled, chroma_doubled) = errors(1.0), errors(2.0)
    assert chroma_doubled > 1.2 * chroma
    assert chroma_doubled / luma_doubled > 1.2 * chroma / luma


@pytest.mark.parametrize("choices", [{}, {"levels": 2, **INTEGER}, GREY], ids=["float", "integer", "grey"])
@pytest.mark.parametrize("conditioner", CONDITIONERS)
def test_every_pair_of_a_batch_is_treated_as_if_alone(randomised, pictures, conditioner, choices):
    model = randomised(conditioner=conditioner, **choices).double()
    cover, secret = fitting(model, doubled(pictures))
    stego, residual = model.embed(cover, secret)
    recovered = model.extract(stego)
    log_abs_det = model.log_abs_det(cover, secret)
    for k in (0, 1):
        alone = slice(k, k + 1)
        stego_alone, residual_alone = model.embed(cover[alone], secret[alone])
        torch.testing.assert_close(stego_alone, stego[alone], rtol=0, atol=1e-9)
        torch.testing.assert_close(residual_alone, residual[alone], rtol=0, atol=1e-9)
        torch.testing.assert_close(model.extract(stego[alone]), recovered[alone], rtol=0, atol=1e-9)
        torch.testing.assert_close(model.log_abs_det(cover[alone], secret[alone]), log_abs_det[alone])


@both_kinds
@pytest.mark.parametrize("conditioner", CONDITIONERS)
def test_training_reaches_every_parameter(randomised, pictures, conditioner, kind):
    model = randomised(learned_strengths=True, conditioner=conditioner, **kind)
    stego, _ = model.embed(*fitting(model, pictures))
    (stego.square().mean() + model.extract(stego).square().mean()).backward()
    silent = [name for name, parameter in model.named_parameters() if parameter.grad is None]
    assert silent == []
    assert all(parameter.grad.any() for parameter in model.parameters())


@pytest.mark.parametrize("choices", [{}, {"levels": 2, **INTEGER}], ids=["float", "integer"])
def test_recomputation_is_switched_for_the_chain_alone(randomised, pictures, choices):
    model = randomised(conditioner="star", **choices).double()
    cover, secret = doubled(pictures)

    def gradients():
        stego, _ = model.embed(cover, secret)
        loss = stego.square().mean() + model.extract(stego).square().mean()
        return torch.autograd.grad(loss, tuple(model.chain.parameters()))

    assert not model.chain.recompute
    stored = gradients()
    model.recompute(True)
    assert model.chain.recompute
    assert not model.transform.recompute
    for recomputed, expected in zip(gradients(), stored, strict=True):
        assert (recomputed - expected).norm() <= 1e-9 * expected.norm()
    assert not model.frozen().chain.recompute
    assert model.chain.recompute
    model.recompute(False)
    assert not model.chain.recompute


@pytest.mark.parametrize("secret_channels", [1, 3])
@pytest.mark.parametrize("levels", [1, 2, 3])
def test_multiple_is_what_sides_must_be_divisible_by(fresh, levels, secret_channels):
    model = fresh(levels=levels, secret_channels=secret_channels)
    assert model.multiple == 2**levels
    side = 3 * model.multiple
    stego, residual = model.embed(torch.zeros(1, 3, side, side), torch.zeros(1, secret_channels, side, side))
    assert stego.shape == (1, 3, side, side)
    assert residual.shape == (1, secret_channels * 4**levels, 3, 3)
    assert model.extract(stego).shape == (1, secret_channels, side, side)


@pytest.mark.parametrize("levels", [1, 2])
def test_couplings_of_a_grey_network_split_all_channels_in_equal_halves(fresh, levels):
    halves = {tensor.shape[1] for tensor in halves_seen(fresh(levels=levels, **GREY))}
    assert halves == {2 * 4**levels}


def halves_seen(model):
    """What the conditioners are shown."""
    seen = []
    for step in list(model.chain)[:-1]:
        step.coupling.conditioner.register_forward_hook(lambda _module, inputs, _out: seen.append(inputs[0]))
    model.extract(torch.zeros(1, 3, 16, 16))
    return seen


def test_only_a_grey_network_has_a_transform_for_secrets(fresh):
    colour, grey = fresh(), fresh(**GREY)
    assert colour.secret_transform is colour.transform
    added = set(grey.state_dict()) - set(colour.state_dict())
    assert added == {"grey_transform.steps.2.log_strength"}
    assert set(colour.state_dict()) <= set(grey.state_dict())


def test_a_copy_of_a_grey_network_has_transforms_of_its_own(randomised, pictures):
    model = randomised(**GREY)
    cover, secret = fitting(model, pictures)
    copy = deepcopy(model)
    before = model.embed(cover, secret)[1]
    assert torch.equal(copy.embed(cover, secret)[1], before)
    with torch.no_grad():
        copy.secret_transform.steps[2].log_strength += 1
    assert torch.equal(model.embed(cover, secret)[1], before)
    assert off(copy.embed(cover, secret)[1], before) > 0.01


@pytest.mark.parametrize(
    ("wavelet", "kind"),
    [("haar", {}), ("legall5/3", {}), ("9/7-m", {}), ("cdf9/7", {}), ("legall5/3", GREY)],
    ids=["haar", "legall5/3", "9/7-m", "cdf9/7", "grey"],
)
@pytest.mark.parametrize("conditioner", CONDITIONERS)
def test_no_pixel_matters_beyond_the_reach(randomised, wavelet, kind, conditioner):
    model = randomised(wavelet=wavelet, conditioner=conditioner, levels=2, blocks=2, deviation=0.1, **kind).double()
    cover, secret = fitting(model, [255 * torch.rand(1, 3, 112, 112, dtype=torch.float64) for _ in range(2)])
    distances = []
    for row, column in ((56, 56), (57, 58), (59, 55)):
        changed = cover.clone()
        changed[..., row, column] += 9
        for result in (lambda picture: model.embed(picture, secret)[0], model.extract):
            moved = (result(changed) - result(cover)).abs().amax(dim=(0, 1)) > 1e-12
            distances.append((moved.nonzero() - torch.tensor([row, column])).abs().max().item())
    assert model.reach_px - 3 * model.multiple <= max(distances) <= model.reach_px


class TestItsRounding:
    def test_is_to_the_nearest_at_first(self, fresh):
        for model in (fresh(), fresh(**GREY), fresh(**INTEGER), fresh().frozen(), fresh().double()):
            assert model.shaper() is None
            assert torch.equal(model.rounding_metric, torch.eye(NoiseShaper.BLOCK_SAMPLES).to(model.rounding_metric))

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    def test_follows_its_metric(self, fresh, dtype):
        model = fresh().to(dtype)
        model.rounding_metric[3, 8] = model.rounding_metric[8, 3] = 0.25
        for network in (model, model.frozen(), deepcopy(model)):
            shaper = network.shaper()
            np.testing.assert_array_equal(shaper.metric, model.rounding_metric.numpy())
            assert shaper.feedback.any()
        assert fresh().shaper() is None

    def test_is_among_its_weights_but_not_trained(self, fresh):
        model, other = fresh(), fresh()
        model.rounding_metric.mul_(2)
        other.load_state_dict(model.state_dict())
        assert torch.equal(other.rounding_metric, model.rounding_metric)
        assert "rounding_metric" not in dict(model.named_parameters())
