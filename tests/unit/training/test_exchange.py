"""The exchange against the same chain written out in NumPy around the network."""

import numpy as np
import pytest
import torch

from liftveil.imaging import to_u8
from liftveil.training.exchange import exchange


def pictures(height, width):
    rng = np.random.default_rng(height * width)
    return torch.from_numpy(rng.integers(0, 256, (2, 2, 3, height, width))).float().unbind()


def padded(picture, multiple):
    height, width = picture.shape[-2:]
    margins = ((0, 0), (0, 0), (0, -height % multiple), (0, -width % multiple))
    return torch.from_numpy(np.pad(picture.detach().numpy(), margins, mode="reflect"))


@pytest.mark.parametrize("levels", [1, 2])
@pytest.mark.parametrize("size", [(16, 24), (33, 47), (18, 16), (17, 16)], ids=str)
def test_both_sides_see_what_they_would_have(tiny_config, stirred, size, levels):
    model = stirred(tiny_config(model={"levels": levels}))
    height, width = size
    cover, secret = pictures(height, width)
    result = exchange(model, cover, secret)

    stego = model.embed(padded(cover, 2**levels), padded(secret, 2**levels))[0][..., :height, :width]
    file = torch.from_numpy(to_u8(stego.detach().numpy())).float()
    recovered = model.extract(padded(file, 2**levels))[..., :height, :width]
    assert result.stego.shape == result.recovered.shape == (2, 3, height, width)
    assert result.cover is cover
    assert result.secret is secret
    torch.testing.assert_close(result.stego, stego, rtol=0, atol=1e-3)
    torch.testing.assert_close(result.recovered, recovered, rtol=0, atol=1e-2)


def test_what_is_sent_is_neither_rounded_nor_clipped(tiny_config, stirred):
    cover, secret = torch.full((1, 3, 16, 16), 255.0), torch.full((1, 3, 16, 16), 3.0)
    result = exchange(stirred(tiny_config()), cover, secret)
    assert (result.stego > 255).any()
    for picture in (result.stego, result.recovered):
        assert not torch.equal(picture, picture.round())


def test_gradients_reach_every_parameter_through_the_file(tiny_config, stirred):
    model = stirred(tiny_config())
    exchange(model, *pictures(17, 18)).recovered.square().mean().backward()
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
            assert parameter.grad.any(), name
