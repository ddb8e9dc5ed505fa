"""The exchange: each pair as it would fare alone, at its own size, written out with NumPy around the network."""

import numpy as np
import pytest
import torch
from torch.utils.data import default_collate

from liftveil.channel import clip_levels, through_file
from liftveil.training import Sample
from liftveil.training.exchange import exchange

SIDE = 24
SIZES = [(24, 24), (21, 23), (24, 22), (17, 16)]


def reflected(picture, side):
    """Of shape (channel, height, width), continued by reflection to a square."""
    height, width = picture.shape[-2:]
    return np.pad(picture, ((0, 0), (0, side - height), (0, side - width)), mode="reflect")


def sample(height, width, index=0, channels=3):
    rng = np.random.default_rng((height, width, index))
    pictures = [rng.integers(0, 256, (count, height, width), dtype=np.uint8) for count in (3, channels)]
    padded = [torch.from_numpy(reflected(picture, SIDE)) for picture in pictures]
    return Sample(*padded, torch.tensor([height, width]), torch.tensor(index))


def as_file(stego, _):
    return through_file(stego)


def unrounded(stego, _):
    """For comparisons: rounding would make a grey level of a rounding error."""
    return clip_levels(stego)


@pytest.fixture(params=[1, 2, 3])
def model(request, tiny_config, stirred):
    """Networks whose multiple is 2, 4 and 8; 24 is a multiple of all."""
    return stirred(tiny_config(model={"levels": request.param}))


def by_hand(model, single):
    """What the sender makes of one pair, and what the receiver makes of the file."""
    height, width = single.size.tolist()
    side = -(-SIDE // model.multiple) * model.multiple
    cover, secret = (
        torch.from_numpy(reflected(picture[:, :height, :width].numpy(), side))[None].float()
        for picture in (single.cover, single.secret)
    )
    stego = model.embed(cover, secret)[0][..., :height, :width].detach()
    file = reflected(stego.clamp(0, 255).numpy()[0], side)
    return stego, model.extract(torch.from_numpy(file)[None])[..., :height, :width].detach()


def test_every_pair_of_a_batch_fares_as_it_would_alone(model):
    singles = [sample(*size, index) for index, size in enumerate(SIZES)]
    result = exchange(model, default_collate(singles), unrounded)
    for which, (height, width) in enumerate(SIZES):
        stego, recovered = by_hand(model, singles[which])
        mine = [picture[which : which + 1, :, :height, :width] for picture in (result.stego, result.recovered)]
        torch.testing.assert_close(mine[0], stego, rtol=0, atol=1e-3)
        torch.testing.assert_close(mine[1], recovered, rtol=0, atol=2e-2)


def test_crops_that_no_multiple_fits(tiny_config, stirred):
    model = stirred(tiny_config(model={"levels": 4}))
    single = sample(24, 24)
    result = exchange(model, default_collate([single]), unrounded)
    stego, recovered = by_hand(model, single)
    assert result.stego.shape == (1, 3, 24, 24)
    torch.testing.assert_close(result.stego, stego, rtol=0, atol=1e-3)
    torch.testing.assert_close(result.recovered, recovered, rtol=0, atol=2e-2)


def test_inside_marks_the_real_pixels(model):
    inside = exchange(model, default_collate([sample(*size) for size in SIZES]), as_file).inside
    assert inside.shape == (4, 1, SIDE, SIDE)
    assert inside.dtype == torch.float32
    for mask, (height, width) in zip(inside[:, 0], SIZES, strict=True):
        assert mask[:height, :width].all()
        assert mask.sum() == height * width


def test_the_channel_is_given_each_stego_at_its_own_size_with_its_index(model):
    seen = []

    def watched(stego, index):
        seen.append((tuple(stego.shape), index))
        return clip_levels(stego)

    exchange(model, default_collate([sample(*size, 7 + which) for which, size in enumerate(SIZES)]), watched)
    assert seen == [((1, 3, *size), 7 + which) for which, size in enumerate(SIZES)]


def test_what_is_sent_is_neither_rounded_nor_clipped(model):
    white, black = torch.full((1, 3, SIDE, SIDE), 255), torch.full((1, 3, SIDE, SIDE), 3)
    result = exchange(model, Sample(white, black, torch.tensor([[SIDE, SIDE]]), torch.tensor([0])), as_file)
    assert (result.stego > 255).any()
    for picture in (result.stego, result.recovered):
        assert not torch.equal(picture, picture.round())


def test_gradients_reach_every_parameter_through_the_file(model):
    exchange(model, default_collate([sample(17, 18)]), as_file).recovered.square().mean().backward()
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
            assert parameter.grad.any(), name


def test_the_type_is_that_of_the_network(tiny_config, stirred):
    model = stirred(tiny_config()).double()
    result = exchange(model, default_collate([sample(21, 22)]), as_file)
    assert {picture.dtype for picture in result} == {torch.float64}
