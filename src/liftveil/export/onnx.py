"""A trained model as two ONNX graphs, one for each direction, with dynamic height and width."""

from __future__ import annotations

import json
import logging
import warnings
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.export import Dim

from liftveil.config import config_table
from liftveil.errors import OutputNotWritten
from liftveil.export.rewriting import rewritten
from liftveil.imaging import all_or_none, atomic_write_bytes, check_target
from liftveil.networks import StarINN, weights_bytes
from liftveil.weights import EMBED_FILE, EXTRACT_FILE, WEIGHTS_FILE

_OPSET = 20
_EXAMPLE_PX = 64


@final
class _Embed(nn.Module):
    """(cover, secret) to stego, in grey levels, neither rounded nor clipped."""

    def __init__(self, model: StarINN) -> None:
        super().__init__()
        self.model = model

    def forward(self, cover: Tensor, secret: Tensor) -> Tensor:
        return self.model.embed(cover, secret)[0]


@final
class _Extract(nn.Module):
    """Stego to recovered, in grey levels, neither rounded nor clipped."""

    def __init__(self, model: StarINN) -> None:
        super().__init__()
        self.model = model

    def forward(self, stego: Tensor) -> Tensor:
        return self.model.extract(stego)


def export_model(model: StarINN, folder: Path, *, facts: Mapping[str, str], force: bool) -> list[Path]:
    """Write the three files of a model: both graphs and the weights.

    Args:
        model: A trained network.
        folder: Made if it does not exist.
        facts: Name, training facts and the like, for the metadata of every file.
        force: Whether files that exist are replaced.

    Returns:
        The three files.

    Raises:
        PictureError: If a file exists and is not to be replaced, or cannot be written.
    """
    _prepare(folder, force=force)
    model = deepcopy(model).float()
    frozen = model.frozen()
    colours = model.config.secret_channels
    sizes = {"multiple": model.multiple, "reach_px": model.reach_px, "secret_channels": colours}
    told = {name: str(size) for name, size in sizes.items()} | _rounding(model)
    metadata = {**facts, **told, "model": json.dumps(config_table(model.config))}
    contents = {
        EMBED_FILE: _graph(_Embed(frozen), {"cover": 3, "secret": colours}, "stego", frozen.multiple, metadata),
        EXTRACT_FILE: _graph(_Extract(frozen), {"stego": 3}, "recovered", frozen.multiple, metadata),
        WEIGHTS_FILE: weights_bytes(model, facts),
    }
    paths = [folder / name for name in contents]
    with all_or_none(paths):
        for path, content in zip(paths, contents.values(), strict=True):
            atomic_write_bytes(path, content, force=force)
    return paths


def _rounding(model: StarINN) -> dict[str, str]:
    """What the rounding of stegos needs, if it is not to the nearest."""
    shaper = model.shaper()
    if shaper is None:
        return {}
    return {"rounding_metric": b64encode(shaper.metric.astype("<f4").tobytes()).decode()}


def _prepare(folder: Path, *, force: bool) -> None:
    """Make the folder and refuse, before the long work and before the first file, what cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputNotWritten(folder, f"cannot be made ({error.strerror})", "choose another folder") from error
    for name in (EMBED_FILE, EXTRACT_FILE, WEIGHTS_FILE):
        check_target(folder / name, force=force)


def _graph(
    module: nn.Module, inputs: Mapping[str, int], output: str, multiple: int, metadata: Mapping[str, str]
) -> bytes:
    """One direction as the bytes of an ONNX file; the inputs are given by name and number of channels."""
    sides = {2: multiple * Dim("grid_height", min=2), 3: multiple * Dim("grid_width", min=2)}
    examples = tuple(torch.rand(1, channels, _EXAMPLE_PX, _EXAMPLE_PX + multiple) for channels in inputs.values())
    with _quiet():
        program: Any = torch.onnx.export(
            module.eval(),
            examples,
            dynamo=True,
            opset_version=_OPSET,
            input_names=tuple(inputs),
            output_names=(output,),
            dynamic_shapes=tuple(sides for _ in inputs),
            verbose=False,
        )
    proto = rewritten(program.model_proto)
    graph = proto.graph
    for part in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info):
        part.ClearField("metadata_props")  # stack traces, which name the folders of this machine
    for key, value in metadata.items():
        entry = proto.metadata_props.add()
        entry.key, entry.value = key, value
    content: bytes = proto.SerializeToString(deterministic=True)
    return content


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter reports on itself at length; its failures still raise."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
