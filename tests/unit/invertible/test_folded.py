import pytest
import torch

from liftveil.invertible import ColourStrength, Folded, GreyCentring, OpponentColour, Sequence, Wavelet


@pytest.fixture(params=[(3, 1), (3, 2), (3, 3), (1, 2)], ids=str)
def both(request):
    """Colours, Haar wavelet and strengths as steps, and folded; with their channels and the side of their squares."""
    channels, levels = request.param
    colours = OpponentColour() if channels == 3 else GreyCentring()
    strengths = ColourStrength(channels * 4**levels, luma=1.5, chroma=0.7 if channels == 3 else None, learned=False)
    steps = Sequence(colours, Wavelet("haar", levels=levels, mode="float", colours=channels), strengths).double()
    return steps, Folded(steps, channels=channels, side=2**levels), channels, 2**levels


def picture(channels, side):
    return 255 * torch.rand(2, channels, 3 * side, 5 * side, dtype=torch.float64)


def test_is_the_same_map(both):
    steps, folded, channels, side = both
    x = picture(channels, side)
    torch.testing.assert_close(folded(x), steps(x), rtol=0, atol=1e-8)


def test_is_the_same_way_back(both):
    steps, folded, channels, side = both
    y = steps(picture(channels, side))
    torch.testing.assert_close(folded.inverse(y), steps.inverse(y), rtol=0, atol=1e-8)


def test_has_the_same_determinant(both):
    steps, folded, channels, side = both
    x = picture(channels, side)
    torch.testing.assert_close(folded.log_abs_det(x), steps.log_abs_det(x))


def test_leaves_the_steps_alone_and_has_nothing_to_learn(both):
    steps, folded, *_ = both
    assert list(folded.parameters()) == []
    assert all(parameter.dtype == torch.float64 for parameter in steps.parameters())
    before = folded.weight.clone()
    with torch.no_grad():
        for parameter in steps.parameters():
            parameter.add_(1)
    assert torch.equal(folded.weight, before)


def test_is_computed_exactly_for_networks_of_lesser_precision():
    steps = Sequence(
        OpponentColour(),
        Wavelet("haar", levels=2, mode="float", colours=3),
        ColourStrength(48, luma=1.0, chroma=1.0, learned=False),
    )
    folded = Folded(steps, channels=3, side=4)
    x = 255 * torch.rand(1, 3, 16, 16)
    assert folded.weight.dtype == torch.float32
    torch.testing.assert_close(folded.inverse(folded(x)), x, rtol=0, atol=1e-3)
