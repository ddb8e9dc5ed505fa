"""What the mathematics promises, asked of the weights that users get."""

from copy import deepcopy
from math import log

import numpy as np
import pytest
import torch

from liftveil.networks import load_weights
from liftveil.weights import WEIGHTS_FILE, find_model, releases

# Grey levels by which the secret may miss when nothing is lost, by number format.
MOST_LOST = {torch.float64: 1e-6, torch.float32: 1e-2}
CHROMA = torch.tensor([[1.0, 0.0, -1.0], [1.0, -2.0, 1.0]], dtype=torch.float64)
CHROMA /= CHROMA.norm(dim=1, keepdim=True)


@pytest.fixture(params=sorted(releases()))
def network(request):
    """The network of a release, fresh for each test."""
    return load_weights(find_model(request.param).file(WEIGHTS_FILE)).eval().requires_grad_(False)


def planes(network, pictures, dtype):
    """Cover and secret as the network takes them; a grey secret is the green of one in colour."""
    cover, secret = (torch.from_numpy(picture.transpose(2, 0, 1)[None].copy()).to(dtype) for picture in pictures)
    return cover, secret if network.config.secret_channels == 3 else secret[:, 1:2]


@pytest.mark.parametrize("dtype", MOST_LOST)
@pytest.mark.parametrize(("width", "height"), [(16, 16), (96, 64), (256, 256)])
def test_with_the_residual_and_without_rounding_nothing_is_lost(network, cropped, dtype, width, height):
    cover, secret = planes(network, cropped(width, height), dtype)
    network = network.to(dtype)
    stego, residual = network.embed(cover, secret)
    parted = network.part(stego, residual)
    for before, after in zip((cover, secret), parted, strict=True):
        assert (after - before).abs().max() <= MOST_LOST[dtype]


def test_without_the_residual_something_is_lost(network, cropped):
    cover, secret = planes(network, cropped(96, 64), torch.float64)
    stego, _ = network.double().embed(cover, secret)
    assert (network.extract(stego) - secret).abs().max() > 0.1


class TestStrongerChroma:
    """Doubling what chroma may change relative to luma moves the stego's error there and costs no exactness."""

    @pytest.fixture
    def strengths(self, network):
        """The network as shipped, then with its chroma strength doubled."""
        stronger = deepcopy(network.double())
        stronger.transform.steps[2].log_strength[1] += log(2)
        return network, stronger

    def test_raises_the_error_of_chroma(self, strengths, cropped):
        cover, secret = planes(strengths[0], cropped(256, 256), torch.float64)
        errors = [network.embed(cover, secret)[0] - cover for network in strengths]
        before, after = (torch.einsum("kc,bchw->bkhw", CHROMA, error).square().mean() for error in errors)
        assert after > 1.5 * before

    def test_keeps_the_way_back_exact(self, strengths, cropped):
        cover, secret = planes(strengths[0], cropped(96, 64), torch.float64)
        for network in strengths:
            np.testing.assert_allclose(network.extract(*network.embed(cover, secret)), secret, rtol=0, atol=1e-6)
