"""Exported graphs, run by ONNX Runtime, against the network in torch."""

import json
import os
from base64 import b64decode
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors import safe_open

import liftveil
from liftveil.config import config_table
from liftveil.errors import OutputExists, OutputNotWritten
from liftveil.evaluation.session import CheckpointSession
from liftveil.export import export_model, onnx
from liftveil.imaging import atomic_write_bytes, to_u8
from liftveil.networks import load_weights
from liftveil.runtime import Session
from liftveil.weights import Model

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime

NAMES = ["embed.onnx", "extract.onnx", "weights.safetensors"]


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])


def pictures(height, width):
    rng = np.random.default_rng(height * width)
    return rng.integers(0, 256, (2, 1, 3, height, width)).astype(np.float32)


def facts_of(path):
    return session(path).get_modelmeta().custom_metadata_map


@torch.no_grad()
def assert_parity(model, files, sizes):
    """Both graphs of a model say what the model says, to a thousandth of a grey level."""
    embedder, extractor = session(files[0]), session(files[1])
    for height, width in sizes:
        cover, secret = pictures(height, width)
        secret = secret[:, : model.config.secret_channels]
        stego = model.embed(torch.from_numpy(cover), torch.from_numpy(secret))[0]
        assert (stego - torch.from_numpy(cover)).abs().max() > 1
        [ours] = embedder.run(["stego"], {"cover": cover, "secret": secret})
        torch.testing.assert_close(torch.from_numpy(ours), stego, rtol=0, atol=1e-3)
        received = stego.round().clamp(0, 255)
        recovered = model.extract(received)
        [ours] = extractor.run(["recovered"], {"stego": received.numpy()})
        torch.testing.assert_close(torch.from_numpy(ours), recovered, rtol=0, atol=1e-3)


def test_a_model_is_three_files_in_a_folder_that_is_made(exported):
    assert [path.name for path in exported] == NAMES
    assert sorted(path.name for path in exported[0].parent.iterdir()) == NAMES


@pytest.mark.parametrize("size", [(16, 16), (36, 48), (64, 20), (20, 128)], ids=str)
def test_both_graphs_give_what_torch_gives_at_every_size(model, exported, size):
    assert_parity(model, exported, [size])


@pytest.mark.parametrize(
    ("index", "inputs", "output"), [(0, ["cover", "secret"], "stego"), (1, ["stego"], "recovered")]
)
def test_graphs_have_named_pictures_of_any_height_and_width(exported, index, inputs, output):
    graph = session(exported[index])
    assert [item.name for item in graph.get_inputs()] == inputs
    assert [item.name for item in graph.get_outputs()] == [output]
    for item in graph.get_inputs():
        batch, channels, height, width = item.shape
        assert (batch, channels, item.type) == (1, 3, "tensor(float)")
        assert isinstance(height, str)
        assert isinstance(width, str)
        assert height != width


@pytest.mark.parametrize("index", [0, 1])
def test_graphs_carry_what_their_user_must_know(exported, model, facts, index):
    metadata = facts_of(exported[index])
    assert metadata["multiple"] == "4"
    assert metadata["reach_px"] == str(model.reach_px)
    assert metadata["secret_channels"] == "3"
    assert json.loads(metadata["model"]) == config_table(model.config)
    assert facts.items() <= metadata.items()


@pytest.mark.parametrize("index", [0, 1])
def test_graphs_carry_the_rounding_metric_as_float32(exported, model, index):
    content = b64decode(facts_of(exported[index])["rounding_metric"], validate=True)
    metric = model.rounding_metric.numpy()
    np.testing.assert_array_equal(np.frombuffer(content, "<f4").reshape(metric.shape), metric)


def test_graphs_that_round_to_the_nearest_carry_none(stirred, tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(onnx, "_graph", lambda *arguments: told.append(arguments[-1]) or b"graph")
    model = stirred()
    export_model(model, tmp_path, facts={}, force=False)
    model.rounding_metric[3, 8] = model.rounding_metric[8, 3] = 0.25
    export_model(model, tmp_path, facts={}, force=True)
    assert ["rounding_metric" in metadata for metadata in told] == [False, False, True, True]


def test_a_session_makes_the_pixels_of_the_torch_path(exported, model, cropped):
    """Those of its own levels to the last one; torch's levels differ by rounding errors, which can tip a block over."""
    cover, secret = cropped(45, 38)
    made = Session(Model("made", exported[0].parent, {}))
    stego, levels = made.embed(cover, secret), made.embed_levels(cover, secret)
    np.testing.assert_array_equal(stego, model.shaper().whole(levels))
    ours = CheckpointSession(SimpleNamespace(path="", average_model=lambda: model))
    assert (stego == ours.embed(cover, secret)).mean() > 0.99
    assert (stego == to_u8(levels)).mean() < 0.9
    assert np.abs(made.extract(stego).astype(int) - ours.extract(stego)).max() <= 1


@pytest.mark.parametrize("index", [0, 1])
def test_graphs_do_not_tell_where_they_were_made(exported, index):
    content = exported[index].read_bytes()
    for telltale in (str(Path(liftveil.__file__).parent), str(Path(torch.__file__).parent), "stack_trace", "onnx.py"):
        assert telltale.encode() not in content


def test_the_weights_are_the_model_s_with_the_facts(exported, model, facts):
    loaded = load_weights(exported[2])
    assert loaded.config == model.config
    assert all(torch.equal(tensor, model.state_dict()[name]) for name, tensor in loaded.state_dict().items())
    with safe_open(exported[2], "np") as file:
        assert facts.items() <= file.metadata().items()


def test_a_model_in_double_precision_is_exported_the_same_and_not_changed_itself(exported, model, facts, tmp_path):
    wide = deepcopy(model).double()
    for name in NAMES:
        (tmp_path / name).write_text("older")
    again = export_model(wide, tmp_path, facts=facts, force=True)
    assert_parity(model, again, [(16, 20)])
    # Not byte for byte: safetensors writes the entries of its metadata in any order.
    mine, other = (load_weights(files[2]).state_dict() for files in (again, exported))
    assert mine.keys() == other.keys()
    assert all(torch.equal(tensor, other[name]) for name, tensor in mine.items())
    assert {tensor.dtype for tensor in wide.state_dict().values()} == {torch.float64}
    assert all(torch.equal(tensor, model.state_dict()[name]) for name, tensor in wide.state_dict().items())
    assert all(p.requires_grad for p in wide.parameters())


@pytest.mark.parametrize("taken", NAMES)
def test_no_file_is_replaced_or_written_beside_one_that_exists(model, tmp_path, taken):
    (tmp_path / taken).write_text("kept")
    with pytest.raises(OutputExists) as refusal:
        export_model(model, tmp_path, facts={}, force=False)
    assert refusal.value.path == str(tmp_path / taken)
    assert [path.name for path in tmp_path.iterdir()] == [taken]
    assert (tmp_path / taken).read_text() == "kept"


def test_a_folder_that_cannot_be_made_is_an_error_that_names_it(model, tmp_path):
    (tmp_path / "taken").touch()
    for folder in (tmp_path / "taken", tmp_path / "taken" / "below"):
        with pytest.raises(OutputNotWritten) as refusal:
            export_model(model, folder, facts={}, force=True)
        assert refusal.value.path == str(folder)


class TestFullDisk:
    @pytest.fixture
    def full_after(self, monkeypatch):
        """Make graphs quickly, and let one file find the disk full, after as much as could be written."""

        def fill(name):
            def write(path, content, *, force):
                if path.name == name:
                    raise OutputNotWritten(path, "the disk is full", "free some space or choose another disk")
                atomic_write_bytes(path, content, force=force)

            monkeypatch.setattr(onnx, "_graph", lambda *_: b"graph")
            monkeypatch.setattr(onnx, "atomic_write_bytes", write)

        return fill

    @pytest.mark.parametrize("name", NAMES)
    def test_leaves_no_part_of_a_model(self, model, tmp_path, full_after, name):
        full_after(name)
        with pytest.raises(OutputNotWritten, match="the disk is full") as refusal:
            export_model(model, tmp_path, facts={}, force=False)
        assert refusal.value.path == str(tmp_path / name)
        assert list(tmp_path.iterdir()) == []

    def test_can_be_tried_again_without_force(self, model, tmp_path, full_after):
        full_after(NAMES[-1])
        with pytest.raises(OutputNotWritten):
            export_model(model, tmp_path, facts={}, force=False)
        full_after("none")
        assert [path.name for path in export_model(model, tmp_path, facts={}, force=False)] == NAMES

    def test_takes_no_file_away_that_was_there(self, model, tmp_path, full_after):
        full_after(NAMES[-1])
        for name in (NAMES[0], NAMES[-1], "notes.txt"):
            (tmp_path / name).write_text("older")
        with pytest.raises(OutputNotWritten):
            export_model(model, tmp_path, facts={}, force=True)
        assert sorted(path.name for path in tmp_path.iterdir()) == [NAMES[0], "notes.txt", NAMES[-1]]
        assert [(tmp_path / name).read_text() for name in ("notes.txt", NAMES[-1])] == ["older"] * 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wavelet", "mode", "secret_channels", "conditioner"),
    [
        ("haar", "integer", 3, "plain"),
        ("legall5/3", "float", 1, "next"),
        ("9/7-m", "integer", 1, "naf"),
        ("cdf9/7", "float", 3, "plain"),
    ],
)
def test_every_part_and_both_kinds_of_secrets_can_be_exported(
    stirred, tmp_path, wavelet, mode, *, secret_channels, conditioner
):
    colour, mix = ("reversible", "orthogonal") if mode == "integer" else ("opponent", "lu")
    choices = {"wavelet_mode": mode, "colour": colour, "mixing": mix, "secret_channels": secret_channels}
    model = stirred(wavelet=wavelet, conditioner=conditioner, **choices)
    files = export_model(model, tmp_path, facts={}, force=False)
    assert_parity(model, files, [(16, 16), (20, 52), (64, 24)])
    assert [item.shape[1] for item in session(files[0]).get_inputs()] == [3, secret_channels]
    assert {facts_of(file)["secret_channels"] for file in files[:2]} == {str(secret_channels)}
    assert load_weights(files[2]).config == model.config
