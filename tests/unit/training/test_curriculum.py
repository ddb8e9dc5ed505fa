"""The curriculum: probabilities and strengths by progress, and the same fate for a sample wherever it is computed."""

from collections import Counter

import numpy as np
import pytest
import torch

from liftveil.channel import add_noise, clip_levels, through_file
from liftveil.shaping import NoiseShaper
from liftveil.training import curriculum as module
from liftveil.training.curriculum import curriculum


@pytest.fixture
def stego():
    """A picture with values between grey levels, and some out of range."""
    rng = np.random.default_rng(0)
    return torch.from_numpy(rng.uniform(-3, 258, (1, 3, 24, 20))).float()


@pytest.fixture
def fates(monkeypatch, tiny_config, stego):
    """What happens to samples 0..count-1 at a progress: names and strengths, from the calls of the channel's parts."""

    def collect(progress, *, count=400, seed=1, **channel):
        config = tiny_config(channel=channel).channel
        seen = []
        monkeypatch.setattr(module, "add_noise", lambda x, sigma, _: seen[-1].append(("noise", sigma)) or x)
        monkeypatch.setattr(module, "rescale", lambda x, factor: seen[-1].append(("resize", factor)) or x)
        monkeypatch.setattr(module, "jpeg", lambda x, *how: seen[-1].append(("jpeg", *how)) or x)
        transmit = curriculum(config, seed=seed, progress=progress)
        for index in range(count):
            seen.append([])
            transmit(stego, index)
        return seen

    return collect


def names(fates):
    return Counter(name for fate in fates for name, *_ in fate)


def test_a_file_is_all_there_is_without_perturbations(tiny_config, stego):
    transmit = curriculum(tiny_config().channel, seed=1, progress=0.5)
    assert torch.equal(transmit(stego, 3), through_file(stego))


def test_rounding_can_be_switched_off_but_not_clipping(tiny_config, stego):
    transmit = curriculum(tiny_config(channel={"rounding": 0}).channel, seed=1, progress=0.5)
    assert torch.equal(transmit(stego, 3), clip_levels(stego))
    assert not torch.equal(clip_levels(stego), through_file(stego))


def test_the_sender_alone_rounds_with_shaped_noise(tiny_config, stego, tied_metric):
    shaper = NoiseShaper(tied_metric.numpy())
    shaped = through_file(stego, shaper)
    assert not torch.equal(shaped, through_file(stego))

    def received(**channel):
        return curriculum(tiny_config(channel=channel).channel, seed=1, progress=0.5, shaper=shaper)(stego, 3)

    assert torch.equal(received(), shaped)
    assert torch.equal(received(rounding=0.0), clip_levels(stego))
    unrounded = clip_levels(add_noise(clip_levels(stego), 2.0, (1, 3, 2, 1)))
    assert torch.equal(received(rounding=0.0, noise=1.0, noise_sigma=2.0), unrounded)
    noise = add_noise(shaped, 2.0, (1, 3, 2, 1))
    assert torch.equal(received(noise=1.0, noise_sigma=2.0), through_file(noise))
    assert not torch.equal(through_file(noise, shaper), through_file(noise))


def test_rounding_may_be_rare(tiny_config, stego):
    transmit = curriculum(tiny_config(channel={"rounding": 0.15}).channel, seed=1, progress=0.5)
    rounded = sum(torch.equal(transmit(stego, index), through_file(stego)) for index in range(400))
    assert 40 <= rounded <= 80


def test_each_perturbation_is_as_frequent_as_its_probability(fates):
    count = names(fates(0.0, noise=0.5, resize=0.25, jpeg=0.1, noise_sigma=1, jpeg_quality=50, resize_factor=0.5))
    assert 170 <= count["noise"] <= 230
    assert 70 <= count["resize"] <= 130
    assert 22 <= count["jpeg"] <= 60


def test_probability_and_strength_follow_the_progress(fates):
    late = {"first": 0.0, "last": 1.0, "begin": 0.5, "end": 1.0}
    sigma = {"first": 1.0, "last": 3.0, "begin": 0.5}
    assert names(fates(0.5, noise=late, noise_sigma=sigma)) == {}
    halfway = fates(0.75, noise=late, noise_sigma=sigma)
    assert 160 <= names(halfway)["noise"] <= 240
    assert {strength for fate in halfway for _, strength in fate} == {2.0}
    assert names(fates(1.0, noise=late, noise_sigma=sigma))["noise"] == 400


def test_qualities_lie_between_the_lowest_and_100(fates):
    made = fates(1.0, jpeg=1.0, jpeg_quality={"first": 95, "last": 70})
    qualities = Counter(quality for [(_, quality, _)] in made)
    assert min(qualities) == 70
    assert max(qualities) == 100
    assert len(qualities) == 31
    subsamplings = Counter(subsampling for [(*_, subsampling)] in made)
    assert subsamplings.keys() == {"4:2:0", "4:4:4"}
    assert min(subsamplings.values()) > 150


@pytest.mark.parametrize("furthest", [0.5, 1.5])
def test_factors_lie_between_one_and_the_furthest(fates, furthest):
    factors = [factor for [(_, factor)] in fates(1.0, resize=1.0, resize_factor=furthest)]
    low, high = sorted((1.0, furthest))
    assert low <= min(factors) < low + 0.05
    assert high - 0.05 < max(factors) <= high


def test_the_order_is_noise_then_scaling_then_jpeg(fates):
    everything = {"noise": 1.0, "noise_sigma": 1, "resize": 1.0, "resize_factor": 0.5, "jpeg": 1.0, "jpeg_quality": 50}
    assert {tuple(name for name, *_ in fate) for fate in fates(0.0, **everything)} == {("noise", "resize", "jpeg")}


def test_what_happens_depends_on_seed_and_index_alone(tiny_config, rough, stego):
    config = tiny_config(channel=rough).channel
    first, again = (curriculum(config, seed=7, progress=0.3) for _ in range(2))
    ahead = [first(stego, index) for index in range(12)]
    backwards = [again(stego, index) for index in reversed(range(12))][::-1]
    assert all(torch.equal(a, b) for a, b in zip(ahead, backwards, strict=True))
    assert len({tuple(picture.flatten().tolist()) for picture in ahead}) > 6
    other = curriculum(config, seed=8, progress=0.3)
    assert any(not torch.equal(other(stego, index), ahead[index]) for index in range(12))


def test_what_comes_out_is_an_8_bit_picture_with_a_gradient(tiny_config, rough, stego):
    transmit = curriculum(tiny_config(channel=rough).channel, seed=7, progress=1.0)
    for index in range(12):
        levels = stego.clone().requires_grad_()
        received = transmit(levels, index)
        assert torch.equal(received, received.round().clamp(0, 255))
        [gradient] = torch.autograd.grad(received.square().mean(), levels)
        assert gradient.isfinite().all()
        assert gradient.abs().sum() > 0
