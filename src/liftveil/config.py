"""The configuration: frozen dataclasses, read strictly from one complete TOML file.

An unknown key, a missing one, or a value of the wrong type or out of its range is an error that names the key
(and, for an unknown one, the nearest that exists). There are no defaults to look up and no inheritance: a
published file says everything that was chosen.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from sys import float_info
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from liftveil.errors import ConfigError

Section = TypeVar("Section")


@dataclass(frozen=True)
class _Range:
    """What a number may be; the words complete "must be"."""

    words: str
    least: float = 0
    most: float = float_info.max
    above: bool = False

    def __contains__(self, value: float) -> bool:
        return self.least <= value <= self.most and not (self.above and value == self.least)


Count = Annotated[int, _Range("at least 1", 1)]
Natural = Annotated[int, _Range("at least 0")]
Seed = Annotated[int, _Range("from 0 to 2 ** 63 - 1", 0, 2**63 - 1)]
Side = Annotated[int, _Range("at least 16, like the sides of every picture", 16)]
Share = Annotated[float, _Range("from 0 to 1", 0, 1)]
Weight = Annotated[float, _Range("finite and at least 0")]
Positive = Annotated[float, _Range("finite and above 0", above=True)]


@dataclass(frozen=True)
class ModelConfig:
    """What a StarINN is made of.

    Attributes:
        wavelet: Name of a lifting scheme.
        wavelet_mode: ``"float"`` (stego pixels are rounded) or ``"integer"`` (coefficients are).
        levels: Wavelet levels; a picture's sides are padded to multiples of ``2 ** levels``.
        colour: ``"opponent"`` (orthonormal) or ``"reversible"`` (integer).
        luma_strength: Relative strength of changes in luma, ``kY``.
        chroma_strength: Relative strength of changes in chroma, ``kC``.
        learned_strengths: Whether training may change the strengths.
        blocks: Number of flow blocks.
        conditioner: ``"plain"`` or ``"star"``.
        width: Channels inside a conditioner.
        mixing: ``"lu"`` or ``"orthogonal"``.
        scale_bound: Bound on a coupling's log-scale.
    """

    wavelet: Literal["haar", "legall5/3", "9/7-m", "cdf9/7"]
    wavelet_mode: Literal["float", "integer"]
    levels: Count
    colour: Literal["opponent", "reversible"]
    luma_strength: Positive
    chroma_strength: Positive
    learned_strengths: bool
    blocks: Count
    conditioner: Literal["plain", "star"]
    width: Count
    mixing: Literal["lu", "orthogonal"]
    scale_bound: Positive


@dataclass(frozen=True)
class DataConfig:
    """How training samples are drawn.

    Attributes:
        crop_px: Side of the square crops.
        batch: Pairs in a step.
        ragged: Share of steps whose crops are a little smaller, so that padding is part of training.
        stretch: Share of crops whose contrast is stretched, so that bright and dark parts saturate.
        workers: Loader processes; 0 loads in the training process.
    """

    crop_px: Side
    batch: Count
    ragged: Share
    stretch: Share
    workers: Natural


@dataclass(frozen=True)
class ObjectiveConfig:
    """Weights of the objective's terms, not all 0; see :mod:`liftveil.training.objective`.

    A weight of 0 leaves a term out.

    Attributes:
        hiding_mse: Squared error of the stego.
        recovery_mse: Squared error of the recovered secret.
        out_of_range: Squared distance of the unclipped stego from 0..255.
    """

    hiding_mse: Weight
    recovery_mse: Weight
    out_of_range: Weight


@dataclass(frozen=True)
class OptimiserConfig:
    """How the parameters move.

    Attributes:
        name: ``"adam"``, ``"adamw"`` or ``"muon"`` (for the conditioners' kernels; AdamW for the rest).
        rate: Peak learning rate.
        warmup_steps: Steps of linear warm-up.
        final_share: Share of the rate that is left at the end of the cosine.
        clip_norm: Bound on the gradient's norm.
        ema_decay: Decay of the averaged weights, which are the ones that are validated and shipped.
    """

    name: Literal["adam", "adamw", "muon"]
    rate: Positive
    warmup_steps: Natural
    final_share: Share
    clip_norm: Positive
    ema_decay: Share


@dataclass(frozen=True)
class TrainingConfig:
    """Length and rhythm of a run.

    Attributes:
        steps: Number of optimiser steps.
        seed: Seed of weights, crops and pairings.
        normalise: Whether the ActNorms start from data.
        validate_every: Steps between validations.
        validation_pairs: Pairs in a validation.
        checkpoint_every: Steps between checkpoints.
    """

    steps: Count
    seed: Seed
    normalise: bool
    validate_every: Count
    validation_pairs: Count
    checkpoint_every: Count


@dataclass(frozen=True)
class Config:
    """A whole training run."""

    model: ModelConfig
    data: DataConfig
    objective: ObjectiveConfig
    optimiser: OptimiserConfig
    training: TrainingConfig


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
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
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
    config = _section(Config, table, source, "")
    if not any(asdict(config.objective).values()):
        raise ConfigError(source, "every weight of 'objective' is 0, which leaves nothing to learn")
    return config


def config_table(config: Any) -> dict[str, Any]:  # noqa: ANN401 - any of the dataclasses above
    """A configuration, or one of its sections, as plain tables; the inverse of :func:`config_from`."""
    return asdict(config)


def model_config_from(table: Mapping[str, Any], source: str | Path = "config") -> ModelConfig:
    """Check the model's section alone, as it stands in the metadata of weights.

    Args:
        table: The section.
        source: What an error names as the origin.

    Returns:
        The model's configuration.

    Raises:
        ConfigError: If a key or value is not what it has to be.
    """
    return _section(ModelConfig, table, source, "model.")


def _section(kind: type[Section], table: object, source: str | Path, prefix: str) -> Section:
    if not isinstance(table, Mapping):
        name = f"'{prefix[:-1]}'" if prefix else "the configuration"
        raise ConfigError(source, f"{name} is {table!r}, but must be a table")
    hints = get_type_hints(kind, include_extras=True)
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # always a dataclass
    for key in table:
        if key not in names:
            nearest = get_close_matches(key, names, n=1, cutoff=0.0)[0]
            raise ConfigError(source, f"unknown key {prefix + key!r}; the nearest that exists is '{prefix}{nearest}'")
    missing = [name for name in names if name not in table]
    if missing:
        raise ConfigError(source, f"'{prefix}{missing[0]}' is missing")
    return kind(**{name: _value(hints[name], table[name], source, prefix + name) for name in names})


def _value(kind: Any, value: Any, source: str | Path, key: str) -> object:  # noqa: ANN401
    if is_dataclass(kind):
        return _section(kind, value, source, key + ".")  # type: ignore[arg-type]  # a class, not an instance
    if get_origin(kind) is Annotated:
        number, limits = get_args(kind)
        return _number(number, limits, value, source, key)
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            allowed = ", ".join(map(repr, get_args(kind)))
            raise ConfigError(source, f"'{key}' is {value!r}, but must be one of {allowed}")
        return value
    if type(value) is not kind:
        raise ConfigError(source, f"'{key}' is {value!r}, but must be of type {kind.__name__}")
    return value


def _number(kind: type[float], limits: _Range, value: Any, source: str | Path, key: str) -> float:  # noqa: ANN401
    if type(value) is not kind and not (kind is float and type(value) is int):
        raise ConfigError(source, f"'{key}' is {value!r}, but must be of type {kind.__name__}")
    if value not in limits:
        raise ConfigError(source, f"'{key}' is {value!r}, but must be {limits.words}")
    return kind(value)
