"""The metric of the rounding: probes against the explicit Jacobian, and what they leave alone."""

import numpy as np
import pytest
import torch

from liftveil.shaping import NoiseShaper
from liftveil.training.crops import Sample
from liftveil.training.shaping import follow_gain

IDENTITY = torch.eye(NoiseShaper.BLOCK_SAMPLES)
SHARE = 0.01  # of a probe


def sample_of(*, side=16, size=None, batch=1, channels=3, seed=0):
    """Pairs of smooth random pictures, of which a part may be real."""
    rng = np.random.default_rng(seed)
    levels = 128 + rng.normal(0, 40, (2, batch, 3, side, side)).cumsum(-1).clip(-120, 120)
    cover, secret = torch.from_numpy(levels.astype(np.uint8))
    sizes = torch.tensor([size or (side, side)] * batch)
    return Sample(cover, secret[:, :channels], sizes, torch.arange(batch))


@pytest.fixture
def model(tiny_config, stirred):
    return stirred(tiny_config())


def after(model, sample, weight=1.0, seed=(5, 7)):
    """What a probe makes of the identity."""
    model.rounding_metric.copy_(IDENTITY)
    follow_gain(model, sample, weight, seed)
    return model.rounding_metric.clone()


def of_jacobian(model, sample):
    """Mean of J^T J over the blocks of a picture, by the whole Jacobian of extraction."""
    stego = model.embed(sample.cover.float(), sample.secret.float())[0].detach()
    jacobian = torch.autograd.functional.jacobian(model.extract, stego, vectorize=True).reshape(-1, stego.numel())
    places = torch.arange(stego.numel()).reshape(stego.shape[1:])
    height, width = stego.shape[2:]
    blocks = [
        jacobian[:, places[:, top : top + 4, left : left + 4].flatten()]
        for top in range(0, height, 4)
        for left in range(0, width, 4)
    ]
    return sum(block.T @ block for block in blocks) / len(blocks)


@pytest.mark.parametrize("channels", [3, 1])
def test_many_probes_move_the_metric_to_the_mean_square_of_the_jacobian(tiny_config, stirred, channels):
    model, sample = stirred(tiny_config(model={"secret_channels": channels})), sample_of(channels=channels)
    for step in range(100):
        follow_gain(model, sample, 0.5, (5, step))
    moved = (model.rounding_metric - IDENTITY) / (1 - (1 - SHARE) ** 100)
    expected = 0.5 * of_jacobian(model, sample)
    assert (moved - expected).norm() < 0.2 * expected.norm()
    assert float(moved.trace()) == pytest.approx(float(expected.trace()), rel=0.05)
    assert (expected - expected.trace() / len(expected) * IDENTITY).norm() > 0.4 * expected.norm()  # no mere scale


class TestAProbe:
    def test_is_weighed(self, model):
        light, heavy = (after(model, sample_of(), weight) - IDENTITY for weight in (0.25, 1.0))
        torch.testing.assert_close(heavy, 4 * light, rtol=1e-3, atol=1e-5)

    def test_moves_the_metric_by_a_hundredth_of_the_way(self, model):
        first = after(model, sample_of())
        follow_gain(model, sample_of(), 1.0, (5, 7))
        expected = IDENTITY + (1 + 0.99) * (first - IDENTITY)
        torch.testing.assert_close(model.rounding_metric, expected, rtol=1e-4, atol=1e-5)

    def test_depends_on_seed_and_step_alone(self, model):
        first = after(model, sample_of())
        torch.manual_seed(99)
        assert torch.equal(after(model, sample_of()), first)
        for seed in ((5, 8), (6, 7), (7, 5)):
            assert not torch.equal(after(model, sample_of(), seed=seed), first)

    def test_leaves_weights_gradients_and_random_numbers_alone(self, model):
        for number, parameter in enumerate(model.parameters()):
            parameter.grad = torch.full_like(parameter, 3.0) if number % 2 else None
        weights = {name: tensor.clone() for name, tensor in model.state_dict().items() if name != "rounding_metric"}
        trained = [parameter.requires_grad for parameter in model.parameters()]
        random, numpy_random = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002 - the global one
        after(model, sample_of())
        assert all(torch.equal(model.state_dict()[name], tensor) for name, tensor in weights.items())
        assert [parameter.requires_grad for parameter in model.parameters()] == trained
        assert model.training
        for number, parameter in enumerate(model.parameters()):
            assert (parameter.grad == 3).all() if number % 2 else parameter.grad is None
        assert torch.equal(torch.get_rng_state(), random)
        assert np.array_equal(np.random.get_state()[1], numpy_random)  # noqa: NPY002
        assert not model.rounding_metric.requires_grad

    def test_needs_no_gradients_from_outside(self, model):
        expected = after(model, sample_of())
        with torch.no_grad():
            assert torch.equal(after(model, sample_of()), expected)

    def test_looks_at_the_first_pair_alone(self, model):
        both, alone = sample_of(batch=2), sample_of(batch=2)
        alone.cover[1], alone.secret[1] = 0, 255
        expected = after(model, both)
        assert torch.equal(after(model, alone), expected)
        alone.cover[0] = 255 - alone.cover[0]
        assert not torch.equal(after(model, alone), expected)

    def test_looks_at_64_pixels_of_each_side(self, model):
        large = sample_of(side=80)
        expected = after(model, large)
        large.cover[..., 64:, :], large.secret[..., 64:] = 0, 255
        assert torch.equal(after(model, large), expected)
        large.cover[..., 63, 63] = 255 - large.cover[..., 63, 63]
        assert not torch.equal(after(model, large), expected)

    def test_sees_the_real_part_continued_by_reflection(self, model):
        ragged = sample_of(size=(13, 14))
        whole = sample_of()
        for picture, real in zip(whole[:2], ragged[:2], strict=True):
            mirrored = np.pad(real[..., :13, :14], [(0, 0), (0, 0), (0, 3), (0, 2)], "reflect")
            picture.copy_(torch.from_numpy(mirrored))
        assert torch.equal(after(model, ragged), after(model, whole))

    @pytest.mark.parametrize(("levels", "side"), [(1, 17), (2, 23), (3, 17), (4, 20)])
    def test_serves_every_size(self, tiny_config, stirred, levels, side):
        model = stirred(tiny_config(model={"levels": levels}))
        assert not torch.equal(after(model, sample_of(side=side)), IDENTITY)
        NoiseShaper(model.rounding_metric.numpy())

    def test_keeps_the_metric_s_type(self, tiny_config, stirred):
        model = stirred(tiny_config()).double()
        assert after(model, sample_of()).dtype == torch.float64
        torch.testing.assert_close(
            model.rounding_metric.float(), after(stirred(tiny_config()), sample_of()), rtol=1e-3, atol=1e-3
        )

    @pytest.mark.parametrize("gain", [1e2, 1e8])
    def test_of_a_pair_that_explodes_counts_no_more_than_five_usual_ones(self, model, gain):
        kept = after(model, sample_of())
        with torch.no_grad():
            [*model.chain][-1].log_scale -= np.log(gain)
        follow_gain(model, sample_of(), 1.0, (5, 8))
        grown = torch.linalg.solve(kept, model.rounding_metric).trace() / len(kept)
        assert float(grown) == pytest.approx(1 + 5 * SHARE, rel=1e-3)

    @pytest.mark.parametrize("spoilt", [float("nan"), float("inf")])
    def test_that_is_no_number_changes_nothing(self, model, spoilt):
        kept = after(model, sample_of())
        with torch.no_grad():
            next(model.chain.parameters()).fill_(spoilt)
        follow_gain(model, sample_of(), 1.0, (5, 8))
        assert torch.equal(model.rounding_metric, kept)
