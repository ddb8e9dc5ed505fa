import numpy as np
import pytest
import torch
from PIL import Image

from liftveil.errors import ShapeError
from liftveil.invertible import Wavelet, straight_through_floor
from liftveil.wavelets import NUMPY_FLOAT, SCHEMES, decompose, pack

schemes = pytest.mark.parametrize("scheme", SCHEMES)
levels_1_to_3 = pytest.mark.parametrize("levels", [1, 2, 3])
modes = pytest.mark.parametrize("mode", ["float", "integer"])


@pytest.fixture
def pixels(photographs):
    """Parts of both photographs, and noise: 8-bit pixels as float32."""
    crops = []
    for path in photographs:
        with Image.open(path) as picture:
            crops.append(np.array(picture.convert("RGB"))[100:164, 60:100])
    noise = np.random.default_rng(0).choice([0, 1, 254, 255], (64, 40, 3))
    return torch.from_numpy(np.stack([*crops, noise])).permute(0, 3, 1, 2).float()


@levels_1_to_3
@schemes
def test_integer_mode_is_exact_on_8_bit_pixels(scheme, levels, pixels):
    wavelet = Wavelet(scheme, levels=levels, mode="integer")
    assert torch.equal(wavelet.inverse(wavelet(pixels)), pixels)


@levels_1_to_3
@schemes
def test_integer_mode_gives_whole_coefficients_times_the_gains(scheme, levels, pixels):
    wavelet = Wavelet(scheme, levels=levels, mode="integer")
    whole = wavelet(pixels) / wavelet.gains
    torch.testing.assert_close(whole, whole.round(), rtol=0, atol=1e-3)
    exact = Wavelet(scheme, levels=levels, mode="float")(pixels)
    assert (wavelet(pixels) - exact).abs().max() < 4 * 2**levels


@schemes
def test_integer_mode_rounds_what_it_inverts_to_whole_coefficients(scheme, pixels):
    wavelet = Wavelet(scheme, levels=2, mode="integer")
    noise = (torch.rand(wavelet(pixels).shape, generator=torch.Generator().manual_seed(0)) - 0.5) * 0.9
    assert torch.equal(wavelet.inverse(wavelet(pixels) + noise * wavelet.gains), pixels)
    anything = wavelet.inverse(torch.randn(1, 48, 4, 5) * 40)
    assert torch.equal(anything, anything.round())


@levels_1_to_3
@schemes
def test_float_mode_is_the_numpy_transform(scheme, levels, pixels):
    expected = pack(decompose(pixels.double().numpy(), SCHEMES[scheme], levels, NUMPY_FLOAT), NUMPY_FLOAT)
    bands = Wavelet(scheme, levels=levels).double()(pixels.double()).numpy()
    np.testing.assert_allclose(bands, expected, rtol=0, atol=1e-9)


@schemes
def test_gradient_of_the_integer_transform_is_that_of_the_linear_one(scheme):
    x = torch.randint(0, 256, (1, 1, 4, 4)).double()
    whole = Wavelet(scheme, levels=2, mode="integer", colours=1)
    linear = Wavelet(scheme, levels=2, mode="float", colours=1)
    y = whole(x)
    for direction, start in (("forward", x), ("inverse", y)):
        ours, theirs = (
            torch.autograd.functional.jacobian(getattr(wavelet, direction), start).reshape(16, 16)
            for wavelet in (whole, linear)
        )
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)


@modes
@pytest.mark.parametrize("levels", [1, 2])
def test_bands_lie_in_memory_channels_last(levels, mode, pixels):
    bands = Wavelet("legall5/3", levels=levels, mode=mode)(pixels)
    assert bands.is_contiguous(memory_format=torch.channels_last)
    assert not bands.is_contiguous()


def test_nothing_of_it_is_stored_in_weights():
    assert Wavelet("haar", levels=1, mode="integer").state_dict() == {}


@pytest.mark.parametrize("colours", [1, 3])
def test_number_of_colours(colours, pixels):
    wavelet = Wavelet("9/7-m", levels=2, mode="integer", colours=colours)
    bands = wavelet(pixels[:, :colours])
    assert bands.shape == (3, 16 * colours, 16, 10)
    assert torch.equal(wavelet.inverse(bands), pixels[:, :colours])


@modes
def test_sides_that_are_no_multiples_are_refused(mode):
    with pytest.raises(ShapeError):
        Wavelet("haar", levels=2, mode=mode)(torch.zeros(1, 3, 8, 6))


@pytest.mark.parametrize("requires_grad", [True, False])
def test_straight_through_floor_rounds_towards_minus_infinity(requires_grad):
    x = torch.tensor([-1.5, -1.0, -0.1, 0.0, 0.9, 2.0], requires_grad=requires_grad)
    assert straight_through_floor(x).tolist() == [-2, -1, -1, 0, 0, 2]


def test_gradient_of_straight_through_floor_is_that_of_the_identity():
    x = torch.linspace(-2, 2, 9, requires_grad=True)
    weights = torch.arange(9.0)
    (straight_through_floor(x) * weights).sum().backward()
    assert torch.equal(x.grad, weights)
