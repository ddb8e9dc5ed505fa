"""The strict reader: what it takes, and what it says of everything else."""

import json
from copy import deepcopy
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from liftveil.config import Config, ModelConfig, config_from, config_table, model_config_from, read_config
from liftveil.errors import ConfigError

PUBLISHED = sorted((Path(__file__).parents[2] / "configs").glob("*.toml"))
NAN, INFINITY = float("nan"), float("inf")

TABLE = {
    "model": {
        "wavelet": "legall5/3",
        "wavelet_mode": "integer",
        "levels": 2,
        "colour": "reversible",
        "luma_strength": 1.0,
        "chroma_strength": 2.5,
        "learned_strengths": True,
        "blocks": 3,
        "conditioner": "plain",
        "width": 8,
        "mixing": "orthogonal",
        "scale_bound": 0.5,
    },
    "data": {"crop_px": 64, "batch": 4, "ragged": 0.25, "stretch": 0.5, "workers": 2},
    "objective": {"hiding_mse": 1.0, "recovery_mse": 0.75, "out_of_range": 20.0},
    "optimiser": {
        "name": "adamw",
        "rate": 1e-3,
        "warmup_steps": 10,
        "final_share": 0.02,
        "clip_norm": 1.5,
        "ema_decay": 0.99,
    },
    "training": {
        "steps": 100,
        "seed": 7,
        "normalise": False,
        "validate_every": 50,
        "validation_pairs": 6,
        "checkpoint_every": 25,
    },
}

COUNTS = {
    "model": ["levels", "blocks", "width"],
    "data": ["batch"],
    "training": ["steps", "validate_every", "validation_pairs", "checkpoint_every"],
}
NATURALS = {"data": ["workers"], "optimiser": ["warmup_steps"], "training": ["seed"]}
SHARES = {"data": ["ragged", "stretch"], "optimiser": ["final_share", "ema_decay"]}
WEIGHTS = {"objective": ["hiding_mse", "recovery_mse", "out_of_range"]}
POSITIVES = {"model": ["luma_strength", "chroma_strength", "scale_bound"], "optimiser": ["rate", "clip_norm"]}
SIDES = {"data": ["crop_px"]}

ALL_KEYS = [(section, key) for section, values in TABLE.items() for key in values]


def pairs(*groups):
    return [(section, key) for group in groups for section, keys in group.items() for key in keys]


def with_value(section, key, value):
    table = deepcopy(TABLE)
    table[section][key] = value
    return table


def toml(table):
    """Tables of one level; texts, numbers and booleans are written as in JSON."""
    return "\n".join(
        f"[{section}]\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in values.items())
        for section, values in table.items()
    )


def refusal(table):
    with pytest.raises(ConfigError) as caught:
        config_from(table, "here.toml")
    assert caught.value.path == "here.toml"
    text = str(caught.value)
    assert text.startswith("here.toml: ")
    assert "\n" not in text
    return text.removeprefix("here.toml: ")


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_every_published_file_is_read(path):
    config = read_config(path)
    assert config_from(config_table(config)) == config


def test_there_are_published_files():
    assert PUBLISHED


def test_tables_become_a_configuration_and_tables_again():
    config = config_from(TABLE)
    assert isinstance(config, Config)
    assert (config.model.wavelet, config.data.ragged, config.training.normalise) == ("legall5/3", 0.25, False)
    assert config_table(config) == TABLE
    assert config_from(json.loads(json.dumps(config_table(config)))) == config


def test_a_file_says_the_same_as_its_tables(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text("# ä comment\n" + toml(TABLE), encoding="utf-8")
    assert read_config(path) == config_from(TABLE)


def test_a_configuration_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        config_from(TABLE).training.steps = 5


def test_the_model_s_section_alone():
    model = model_config_from(TABLE["model"])
    assert isinstance(model, ModelConfig)
    assert model == config_from(TABLE).model
    assert config_table(model) == TABLE["model"]
    with pytest.raises(ConfigError, match=r"^weights: 'model\.levels' is 0, but must be at least 1$"):
        model_config_from(TABLE["model"] | {"levels": 0}, "weights")


@pytest.mark.parametrize(
    ("change", "unknown", "nearest"),
    [
        ({"modell": {}}, "modell", "model"),
        ({"optimizer": {}}, "optimizer", "optimiser"),
        ({"model": TABLE["model"] | {"color": "opponent"}}, "model.color", "model.colour"),
        ({"training": TABLE["training"] | {"step": 3}}, "training.step", "training.steps"),
        ({"data": TABLE["data"] | {"crop": 3}}, "data.crop", "data.crop_px"),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest(change, unknown, nearest):
    assert refusal(TABLE | change) == f"unknown key '{unknown}'; the nearest that exists is '{nearest}'"


def test_an_unknown_key_like_nothing_else_is_refused_in_one_line():
    assert refusal(TABLE | {"~\n~": 1}).startswith("unknown key '~\\n~'; the nearest that exists is '")


@pytest.mark.parametrize(("section", "key"), ALL_KEYS, ids=".".join)
def test_every_key_of_a_section_must_be_there(section, key):
    table = deepcopy(TABLE)
    del table[section][key]
    assert refusal(table) == f"'{section}.{key}' is missing"


@pytest.mark.parametrize("section", TABLE)
def test_every_section_must_be_there(section):
    assert refusal({name: values for name, values in TABLE.items() if name != section}) == f"'{section}' is missing"


@pytest.mark.parametrize(
    ("section", "key", "value", "kind"),
    [
        ("model", "levels", "2", "int"),
        ("model", "levels", 2.0, "int"),
        ("model", "levels", True, "int"),
        ("model", "levels", {"deep": 2}, "int"),
        ("model", "levels", [2], "int"),
        ("model", "scale_bound", True, "float"),
        ("model", "scale_bound", "2.0", "float"),
        ("model", "scale_bound", {}, "float"),
        ("model", "learned_strengths", 1, "bool"),
        ("training", "normalise", "false", "bool"),
        ("training", "normalise", {"deep": True}, "bool"),
    ],
)
def test_a_value_of_another_type_is_refused(section, key, value, kind):
    text = refusal(with_value(section, key, value))
    assert text == f"'{section}.{key}' is {value!r}, but must be of type {kind}"


def test_a_whole_number_may_stand_for_a_real_one():
    rate = config_from(with_value("optimiser", "rate", 1)).optimiser.rate
    assert (rate, type(rate)) == (1.0, float)


@pytest.mark.parametrize("value", ["db4", 3, True, ["haar"], {"name": "haar"}], ids=str)
def test_a_choice_that_is_not_there_is_answered_with_those_that_are(value):
    text = refusal(with_value("model", "wavelet", value))
    choices = "'haar', 'legall5/3', '9/7-m', 'cdf9/7'"
    assert text == f"'model.wavelet' is {value!r}, but must be one of {choices}"


@pytest.mark.parametrize("value", [3, "text", [1]], ids=str)
def test_a_section_must_be_a_table(value):
    assert refusal(TABLE | {"data": value}) == f"'data' is {value!r}, but must be a table"
    assert refusal(value) == f"the configuration is {value!r}, but must be a table"


def test_the_lists_below_hold_every_number_once():
    numbers = [(section, key) for section, key in ALL_KEYS if type(TABLE[section][key]) in (int, float)]
    assert sorted(pairs(COUNTS, NATURALS, SHARES, WEIGHTS, POSITIVES, SIDES)) == sorted(numbers)


@pytest.mark.parametrize(("section", "key"), pairs(COUNTS), ids=".".join)
def test_what_counts_starts_at_one(section, key):
    assert config_table(config_from(with_value(section, key, 1)))[section][key] == 1
    for value in (0, -1):
        assert refusal(with_value(section, key, value)) == f"'{section}.{key}' is {value}, but must be at least 1"


@pytest.mark.parametrize(("section", "key"), pairs(NATURALS), ids=".".join)
def test_workers_warm_up_and_seed_may_be_zero(section, key):
    assert config_table(config_from(with_value(section, key, 0)))[section][key] == 0
    assert refusal(with_value(section, key, -1)).startswith(f"'{section}.{key}' is -1, but must be ")


@pytest.mark.parametrize(("section", "key"), pairs(SHARES), ids=".".join)
def test_a_share_is_between_zero_and_one(section, key):
    for value in (0, 1, 0.5):
        assert config_table(config_from(with_value(section, key, value)))[section][key] == value
    for value in (-0.1, 1.01, NAN, INFINITY):
        text = refusal(with_value(section, key, value))
        assert text == f"'{section}.{key}' is {value}, but must be from 0 to 1"


@pytest.mark.parametrize(("section", "key"), pairs(WEIGHTS), ids=".".join)
def test_a_weight_may_be_zero_but_not_negative_or_endless(section, key):
    assert config_table(config_from(with_value(section, key, 0)))[section][key] == 0
    for value in (-1.0, NAN, INFINITY, 10**400):
        text = refusal(with_value(section, key, value))
        assert text == f"'{section}.{key}' is {value}, but must be finite and at least 0"


@pytest.mark.parametrize(("section", "key"), pairs(POSITIVES), ids=".".join)
def test_strengths_bounds_and_rates_are_above_zero(section, key):
    assert config_table(config_from(with_value(section, key, 1e-9)))[section][key] == 1e-9
    for value in (0.0, 0, -1.0, NAN, INFINITY):
        text = refusal(with_value(section, key, value))
        assert text == f"'{section}.{key}' is {value}, but must be finite and above 0"


def test_a_crop_is_at_least_as_large_as_the_smallest_picture():
    assert config_from(with_value("data", "crop_px", 16)).data.crop_px == 16
    text = refusal(with_value("data", "crop_px", 15))
    assert text.startswith("'data.crop_px' is 15, but must be at least 16")


def test_a_seed_is_one_that_torch_takes():
    assert config_from(with_value("training", "seed", 2**63 - 1)).training.seed == 2**63 - 1
    assert refusal(with_value("training", "seed", 2**63)).endswith("but must be from 0 to 2 ** 63 - 1")


def test_an_objective_without_any_weight_is_refused():
    nothing = dict.fromkeys(TABLE["objective"], 0.0)
    assert refusal(TABLE | {"objective": nothing}) == (
        "every weight of 'objective' is 0, which leaves nothing to learn"
    )


@pytest.mark.parametrize("content", [b"steps = = 3", b"\xff\xfe", b"[model", b"a = 1\na = 2"], ids=repr)
def test_what_is_not_toml_is_refused(tmp_path, content):
    path = tmp_path / "run.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    assert caught.value.path == str(path)
    assert str(caught.value).startswith(f"{path}: cannot be read as TOML (")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_is_not_there_is_refused(tmp_path, name):
    with pytest.raises(ConfigError) as caught:
        read_config(tmp_path / name)
    assert caught.value.path == str(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_file_s_errors_name_the_file(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(toml(with_value("data", "batch", 0)), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    assert str(caught.value) == f"{path}: 'data.batch' is 0, but must be at least 1"
