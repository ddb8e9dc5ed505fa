from math import sqrt

import numpy as np
import pytest
import torch
from PIL import Image

from liftveil.invertible import ColourStrength, GreyCentring, OpponentColour, ReversibleColour, colour

GRID = [*range(0, 256, 5), 254, 1, 2, 3, 127, 128]


def every_few_colours():
    """Red, green and blue over a grid of 8-bit values, all remainders of 4 included."""
    levels = torch.tensor(GRID, dtype=torch.float32)
    return torch.stack(torch.meshgrid(levels, levels, levels, indexing="ij")).reshape(1, 3, len(GRID), -1)


def photograph(path):
    with Image.open(path) as picture:
        return torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1)[None].float()


def test_reversible_colour_is_the_formula_of_jpeg_2000_about_128():
    pixels = every_few_colours()
    luma, u, v = ReversibleColour()(pixels).unbind(dim=1)
    red, green, blue = (pixels.to(torch.int64) - 128).unbind(dim=1)
    assert torch.equal(luma.to(torch.int64), (red + 2 * green + blue) // 4)
    assert torch.equal(u.to(torch.int64), blue - green)
    assert torch.equal(v.to(torch.int64), red - green)
    assert torch.equal(luma, luma.floor())


def test_reversible_colour_is_lossless_on_8_bit_pixels(photographs):
    transform = ReversibleColour()
    for pixels in (every_few_colours(), photograph(photographs.cover), photograph(photographs.secret)):
        assert torch.equal(transform.inverse(transform(pixels)), pixels)


def test_reversible_colour_reaches_every_integer_triple():
    triples = torch.randint(-500, 500, (1, 3, 40, 40)).float()
    transform = ReversibleColour()
    assert torch.equal(transform(transform.inverse(triples)), triples)


def test_gradient_of_reversible_colour_is_that_of_the_linear_map():
    linear = torch.tensor([[0.25, 0.5, 0.25], [0.0, -1.0, 1.0], [1.0, -1.0, 0.0]])
    pixel = torch.tensor([13.0, 200.0, 78.0]).reshape(1, 3, 1, 1)
    transform = ReversibleColour()
    forward = torch.autograd.functional.jacobian(transform, pixel).reshape(3, 3)
    torch.testing.assert_close(forward, linear, rtol=0, atol=1e-6)
    inverse = torch.autograd.functional.jacobian(transform.inverse, transform(pixel)).reshape(3, 3)
    torch.testing.assert_close(inverse, torch.linalg.inv(linear), rtol=0, atol=1e-6)


def test_opponent_colour_is_orthonormal_luma_and_two_differences():
    colours = {
        (138.0, 138.0, 138.0): (10 * sqrt(3), 0.0, 0.0),
        (138.0, 128.0, 118.0): (0.0, 10 * sqrt(2), 0.0),
        (138.0, 108.0, 138.0): (0.0, 0.0, 10 * sqrt(6)),
        (128.0, 128.0, 128.0): (0.0, 0.0, 0.0),
    }
    rgb = torch.tensor(list(colours), dtype=torch.float64).T.reshape(1, 3, 1, -1)
    expected = torch.tensor(list(colours.values()), dtype=torch.float64).T.reshape(1, 3, 1, -1)
    torch.testing.assert_close(OpponentColour()(rgb), expected, rtol=0, atol=1e-12)


def test_opponent_colour_keeps_white_noise_white():
    noise = torch.randn(1, 3, 5, 7, dtype=torch.float64)
    transformed = OpponentColour()(128 + noise)
    torch.testing.assert_close(transformed.norm(), noise.norm(), rtol=1e-12, atol=0)


def test_grey_levels_are_centred_and_integers_stay_integers():
    levels = torch.arange(256, dtype=torch.float32).reshape(1, 1, 16, 16)
    centred = GreyCentring()(levels)
    assert torch.equal(centred.flatten(), torch.arange(-128, 128).float())
    assert torch.equal(GreyCentring().inverse(centred), levels)


def test_grey_levels_are_centred_as_colours_are():
    levels = torch.arange(256, dtype=torch.float64).reshape(1, 1, 16, 16)
    luma = OpponentColour()(levels.expand(1, 3, 16, 16))[:, :1]
    torch.testing.assert_close(GreyCentring()(levels), luma / sqrt(3), rtol=0, atol=1e-12)


def test_strengths_divide_luma_and_chroma_by_64_times_their_own(activation):
    scaled = ColourStrength(6, luma=0.5, chroma=3.0, learned=False).double()(activation)
    divisors = torch.tensor([32.0, 192.0, 192.0, 32.0, 192.0, 192.0])[:, None, None]
    torch.testing.assert_close(scaled, activation / divisors, rtol=1e-6, atol=0)


def test_without_chroma_every_channel_is_divided_by_64_times_the_strength_of_luma(activation):
    strength = ColourStrength(6, luma=0.5, chroma=None, learned=False).double()
    torch.testing.assert_close(strength(activation), activation / 32, rtol=1e-6, atol=0)
    assert strength.log_strength.shape == (1,)


@pytest.mark.parametrize("chroma", [2.0, None])
@pytest.mark.parametrize("learned", [True, False])
def test_training_changes_strengths_only_if_they_are_learned(learned, chroma):
    strength = ColourStrength(6, luma=1.0, chroma=chroma, learned=learned)
    assert [parameter.requires_grad for parameter in strength.parameters()] == [learned]


@pytest.mark.parametrize(("name", "kind"), [("opponent", OpponentColour), ("reversible", ReversibleColour)])
def test_colour_by_name(name, kind):
    assert type(colour(name)) is kind


def test_an_unknown_colour_is_refused():
    with pytest.raises(KeyError):
        colour("ycbcr")
