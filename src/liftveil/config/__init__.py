"""The configuration: frozen dataclasses, read strictly from one complete TOML file."""

from liftveil.config.reading import changed_keys, config_from, config_table, model_config_from, read_config, with_seed
from liftveil.config.sections import (
    ChannelConfig,
    ComputeConfig,
    Config,
    DataConfig,
    ModelConfig,
    ObjectiveConfig,
    OptimiserConfig,
    OptimiserName,
    Precision,
    TrainingConfig,
)
from liftveil.config.values import Ramp

__all__ = [
    "ChannelConfig",
    "ComputeConfig",
    "Config",
    "DataConfig",
    "ModelConfig",
    "ObjectiveConfig",
    "OptimiserConfig",
    "OptimiserName",
    "Precision",
    "Ramp",
    "TrainingConfig",
    "changed_keys",
    "config_from",
    "config_table",
    "model_config_from",
    "read_config",
    "with_seed",
]
