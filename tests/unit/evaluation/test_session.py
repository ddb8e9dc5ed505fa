"""A checkpoint's weights on 8-bit pictures, against the bare network."""

import numpy as np
import pytest
import torch

from liftveil.errors import CheckpointError, ShapeError
from liftveil.evaluation.session import CheckpointSession
from liftveil.imaging import to_u8
from liftveil.shaping import NoiseShaper
from liftveil.training.validation import embed_levels


def pictures(height, width, channels=3):
    rng = np.random.default_rng(1)
    cover = rng.integers(40, 216, (height, width, 3), dtype=np.uint8)
    return cover, rng.integers(40, 216, (height, width, 3) if channels == 3 else (height, width), dtype=np.uint8)


def tensor(picture):
    return torch.from_numpy(np.atleast_3d(picture).transpose(2, 0, 1)[None].astype(np.float64))


def pixels(levels):
    return levels[0].round().clip(0, 255).to(torch.uint8).permute(1, 2, 0).numpy()


def mirrored(picture, multiple):
    margins = [(0, -side % multiple) for side in picture.shape[:2]]
    return np.pad(picture, [*margins, (0, 0)][: picture.ndim], mode="reflect")


def close(a, b):
    """Equal, but for levels that float32 rounds to the other side."""
    assert (a.shape, a.dtype) == (b.shape, b.dtype)
    difference = np.abs(a.astype(int) - b)
    return difference.max() <= 1 and (difference > 0).mean() < 0.01


@pytest.mark.parametrize("channels", [3, 1])
@pytest.mark.parametrize("levels", [1, 2])
@pytest.mark.parametrize("size", [(16, 20), (17, 22), (33, 16)])
@torch.no_grad()
def test_gives_what_the_averaged_network_gives(checkpoint_of, channels, levels, size):
    checkpoint = checkpoint_of(secret_channels=channels, levels=levels)
    session, model = CheckpointSession(checkpoint), checkpoint.average_model().double()
    cover, secret = pictures(*size, channels)
    padded = (tensor(mirrored(picture, 2**levels)) for picture in (cover, secret))
    stego = pixels(model.embed(*padded)[0])[: size[0], : size[1]]
    assert (stego != cover).any()
    assert close(session.embed(cover, secret), stego)
    recovered = pixels(model.extract(tensor(mirrored(stego, 2**levels))))[: size[0], : size[1]]
    assert close(session.extract(stego), recovered.reshape(secret.shape))
    assert session.secret_channels == channels


@torch.no_grad()
def test_rounds_as_the_averaged_network_does(checkpoint_of):
    checkpoint = checkpoint_of()
    metric = torch.eye(NoiseShaper.BLOCK_SAMPLES) + 0.2
    checkpoint.tensors["average.module.rounding_metric"].copy_(metric)
    session, (cover, secret) = CheckpointSession(checkpoint), pictures(18, 21)
    levels = embed_levels(session.model, cover, secret)[0].permute(1, 2, 0).numpy()
    shaper = NoiseShaper(metric.numpy(), reduced=True)
    stego = session.embed(cover, secret)
    assert close(stego, shaper.whole(levels).astype(np.uint8))
    assert not close(stego, to_u8(levels))


def test_too_short_sides_are_refused(checkpoint_of):
    with pytest.raises(ShapeError):
        CheckpointSession(checkpoint_of(levels=4)).embed(*pictures(8, 32))


def test_spoilt_weights_are_refused_by_name(checkpoint_of):
    checkpoint = checkpoint_of()
    session = CheckpointSession(checkpoint)
    with torch.no_grad():
        next(session.model.parameters()).fill_(float("nan"))
    cover, secret = pictures(16, 16)
    for act in (lambda: session.embed(cover, secret), lambda: session.extract(cover)):
        with pytest.raises(CheckpointError, match="values that are no numbers") as refusal:
            act()
        assert refusal.value.path == str(checkpoint.path)
