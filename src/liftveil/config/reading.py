"""The strict reader: one complete TOML file to frozen dataclasses, and back to tables.

An unknown key, a missing one, or a value of the wrong type or out of its range is an error that names the key
(and, for an unknown one, the nearest that exists). There are no defaults to look up and no inheritance: a
published file says everything that was chosen.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from liftveil.config.checking import Location, checked
from liftveil.config.sections import Config, ModelConfig, ObjectiveConfig
from liftveil.config.values import Ramp
from liftveil.errors import ConfigError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_BEFORE: Final[Mapping[str, object]] = MappingProxyType({"secret_channels": 3})
"""What models were before a key existed: weights that were published without it stay readable."""

_COLOURS: Final[Mapping[str, str]] = MappingProxyType({"float": "opponent", "integer": "reversible"})
"""The colour transform for each mode of the wavelet; mixed, they are no bijection on whole grey levels."""


def read_config(path: Path) -> Config:
    """Read a complete configuration.

    Args:
        path: A TOML file.

    Returns:
        The configuration.

    Raises:
        ConfigError: If the file cannot be read, or a key or value is not what it has to be.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # also numbers too long, brackets too deep for the parser
        raise ConfigError(path, f"cannot be read as TOML ({error})") from error
    return config_from(table, path)


def config_from(table: Mapping[str, Any], source: str | Path = "config") -> Config:
    """Check a parsed configuration.

    Args:
        table: Sections as in the TOML file.
        source: What an error names as the origin.

    Returns:
        The configuration.

    Raises:
        ConfigError: If a key or value is not what it has to be.
    """
    config = checked(Config, table, Location(source))
    _check_model(config.model, source)
    _check_objective(config.objective, source)
    return config


def model_config_from(table: Mapping[str, Any], source: str | Path = "config") -> ModelConfig:
    """Check the model's section alone, as it stands in the metadata of weights.

    Args:
        table: The section; keys that did not exist when the weights were published may be missing.
        source: What an error names as the origin.

    Returns:
        The model's configuration.

    Raises:
        ConfigError: If a key or value is not what it has to be.
    """
    completed = {**_BEFORE, **table} if isinstance(table, Mapping) else table
    model = checked(ModelConfig, completed, Location(source, "model"))
    _check_model(model, source)
    return model


def config_table(config: DataclassInstance) -> dict[str, Any]:
    """A configuration, or one of its sections, as plain tables; the inverse of :func:`config_from`."""
    return asdict(config)


def with_seed(config: Config, seed: int) -> Config:
    """The same configuration with another seed.

    Raises:
        ConfigError: If the seed is not what a seed has to be.
    """
    table = config_table(config)
    return config_from(table | {"training": table["training"] | {"seed": seed}}, "--seed")


def changed_keys(old: Config, new: Config) -> list[str]:
    """What differs between two configurations, one line for each key: ``"data.batch = 8 instead of 4"``."""
    before, after = config_table(old), config_table(new)
    return [
        f"{section}.{key} = {value} instead of {before[section][key]}"
        for section, values in after.items()
        for key, value in values.items()
        if value != before[section][key]
    ]


def _check_model(model: ModelConfig, source: str | Path) -> None:
    colour = _COLOURS[model.wavelet_mode]
    if model.colour != colour:
        wanted = f"{colour!r} with 'model.wavelet_mode' {model.wavelet_mode!r}"
        raise Location(source, "model.colour").refusal(model.colour, wanted)


def _check_objective(objective: ObjectiveConfig, source: str | Path) -> None:
    """Refuse weights that are all 0 at some point of the run: if they are, then also where a ramp begins or ends."""
    weights = [weight for weight in vars(objective).values() if isinstance(weight, Ramp)]
    ends = {end for weight in weights for end in (weight.begin, weight.end)}
    for progress in sorted(ends | {0.0, 1.0}):
        if not any(weight.at(progress) for weight in weights):
            problem = f"every weight of 'objective' is 0 at {progress:.1%} of the run, which leaves nothing to learn"
            raise ConfigError(source, problem)
