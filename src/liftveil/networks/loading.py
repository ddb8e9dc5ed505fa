"""Weights from and to safetensors, with the model's configuration beside them; never pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from liftveil.config import config_table, model_config_from
from liftveil.errors import ConfigError, ModelError
from liftveil.networks.starinn import StarINN


def weights_bytes(model: StarINN, facts: Mapping[str, str]) -> bytes:
    """A model as the content of a safetensors file.

    Args:
        model: The network.
        facts: Training facts for the metadata.

    Returns:
        The file's bytes; its metadata holds the facts and, as JSON, the model's configuration.
    """
    metadata = {**facts, "model": json.dumps(config_table(model.config))}
    return save({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, metadata)


def weights_facts(path: Path) -> dict[str, str]:
    """What a weights file says of its training.

    Args:
        path: A file of :func:`weights_bytes` that can be read.

    Returns:
        The facts that were given for it.
    """
    with safe_open(path, "pt") as file:
        return {key: value for key, value in file.metadata().items() if key != "model"}


def load_weights(path: Path) -> StarINN:
    """Build the network that a weights file describes and fill it.

    Args:
        path: A file of :func:`weights_bytes`.

    Returns:
        The network, in float32.

    Raises:
        ModelError: If the file is missing or damaged, or its tensors do not fit its configuration exactly.
    """
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        model = StarINN(model_config_from(json.loads(metadata["model"]), path))
        model.load_state_dict({"rounding_metric": model.rounding_metric} | tensors)  # older than shaped noise, perhaps
        model.shaper(reduced=False)  # refuses a metric that is none
    except (OSError, SafetensorError, ConfigError, LookupError, TypeError, ValueError, RuntimeError) as error:
        raise ModelError(path, f"is no weights file of a model ({error})".replace("\n", " ")) from error
    return model
