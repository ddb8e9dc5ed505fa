"""ONNX Runtime, which users run, and torch, which trained the weights, are the same function."""

import numpy as np
import pytest
import torch
from PIL import Image

from liftveil.imaging import to_u8
from liftveil.metrics import psnr
from liftveil.networks import load_weights
from liftveil.runtime import Session
from liftveil.runtime.engine import open_graph, run_graph
from liftveil.wavelets import NUMPY_FLOAT, pad_by_reflection
from liftveil.weights import EMBED_FILE, EXTRACT_FILE, WEIGHTS_FILE, find_model, releases

# Grey levels between the two before rounding; a float32 of 255 has steps of 1.5e-5, and the inverse amplifies.
MOST_APART = 3e-3
# Share of the samples that may differ in the last grey level after rounding, in the cross-process tests.
LEAST_EQUAL = 0.999
LEAST_EQUAL_BLOCKS = 0.97  # with shaped noise, where samples are rounded together
SIZES = [(16, 16), (33, 47), (96, 64), (641, 427)]

TORCH_SIDE = """
import sys
import numpy as np
import torch
from PIL import Image
from liftveil.channel import through_file
from liftveil.networks import load_weights
from liftveil.weights import WEIGHTS_FILE, find_model

model = load_weights(find_model().file(WEIGHTS_FILE)).eval()
*sources, target = sys.argv[1:]
pixels = [np.array(Image.open(source)) for source in sources]
height, width = pixels[0].shape[:2]
planes = []
for picture in pixels:
    margins = [(0, -side % model.multiple) for side in picture.shape[:2]]
    padded = np.pad(picture, (*margins, (0, 0)), mode="reflect")
    planes.append(torch.from_numpy(padded.transpose(2, 0, 1)[None].astype(np.float32)))
with torch.no_grad():
    levels = (model.embed(*planes)[0] if len(planes) == 2 else model.extract(*planes))[..., :height, :width]
result = through_file(levels, model.shaper() if len(planes) == 2 else None)[0].permute(1, 2, 0).byte().numpy()
Image.fromarray(result).save(target)
"""


def planes_of(picture, multiple):
    planes = np.atleast_3d(picture).astype(np.float32).transpose(2, 0, 1)[None]
    return pad_by_reflection(planes, multiple, NUMPY_FLOAT).copy()


def pictures_for(network, pictures):
    """Cover and secret as the network takes them; a grey secret is the green of one in colour."""
    cover, secret = pictures
    return cover, secret if network.config.secret_channels == 3 else secret[..., 1]


def pixels(path):
    with Image.open(path) as image:
        return np.array(image)


@pytest.fixture(scope="module", params=sorted(releases()))
def release(request):
    """A release, its network, and its two graphs."""
    model = find_model(request.param)
    graphs = [open_graph(model.read(file), model.name) for file in (EMBED_FILE, EXTRACT_FILE)]
    return model, load_weights(model.file(WEIGHTS_FILE)).eval(), *graphs


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_levels_agree(release, cropped, width, height):
    model, network, embedder, extractor = release
    cover, secret = (planes_of(picture, network.multiple) for picture in pictures_for(network, cropped(width, height)))
    stego = run_graph(embedder, {"cover": cover, "secret": secret}, model.name)
    with torch.no_grad():
        theirs = network.embed(torch.from_numpy(cover), torch.from_numpy(secret))[0].numpy()
    np.testing.assert_allclose(stego, theirs, rtol=0, atol=MOST_APART)
    saved = to_u8(stego).astype(np.float32)
    recovered = run_graph(extractor, {"stego": saved}, model.name)
    with torch.no_grad():
        theirs = network.extract(torch.from_numpy(saved)).numpy()
    np.testing.assert_allclose(recovered, theirs, rtol=0, atol=MOST_APART)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_sessions_run_the_graphs_on_padded_pictures(release, cropped, width, height):
    model, network, embedder, _ = release
    cover, secret = pictures_for(network, cropped(width, height))
    planes = {name: planes_of(picture, network.multiple) for name, picture in (("cover", cover), ("secret", secret))}
    stego = run_graph(embedder, planes, model.name)[0].transpose(1, 2, 0)[:height, :width]
    session = Session(model)
    np.testing.assert_array_equal(session.embed(cover, secret), to_u8(session.whole_stego(stego)))


@pytest.fixture
def pair(cropped, tmp_path):
    for name, picture in zip(("cover.png", "secret.png"), cropped(150, 101), strict=True):
        Image.fromarray(picture).save(tmp_path / name)


@pytest.mark.usefixtures("pair")
class TestAcrossProcesses:
    def test_torch_extracts_what_the_command_hid(self, run_cli, run_python, tmp_path):
        assert run_cli("embed", "cover.png", "secret.png", "-o", "stego.png").returncode == 0
        assert run_cli("extract", "stego.png", "-o", "ours.png").returncode == 0
        finished = run_python("-c", TORCH_SIDE, "stego.png", "theirs.png")
        assert finished.returncode == 0, finished.stderr
        apart = np.abs(pixels(tmp_path / "ours.png").astype(int) - pixels(tmp_path / "theirs.png"))
        assert apart.max() <= 1
        assert (apart == 0).mean() >= LEAST_EQUAL

    def test_the_command_extracts_what_torch_hid(self, run_cli, run_python, tmp_path, least):
        finished = run_python("-c", TORCH_SIDE, "cover.png", "secret.png", "stego.png")
        assert finished.returncode == 0, finished.stderr
        assert run_cli("embed", "cover.png", "secret.png", "-o", "ours.png").returncode == 0
        apart = np.abs(pixels(tmp_path / "ours.png").astype(int) - pixels(tmp_path / "stego.png"))
        assert apart.max() <= 3  # a sample that tips takes its block along
        assert (apart == 0).mean() >= LEAST_EQUAL_BLOCKS
        assert run_cli("extract", "stego.png", "-o", "recovered.png").returncode == 0
        hidden, recovered = (pixels(tmp_path / f"{name}.png") for name in ("secret", "recovered"))
        assert psnr(hidden, recovered) >= least.recognisable_db
