"""The strict reader: what it takes, what it says of everything else, and the way back to tables."""

import copy
import json
import re
from pathlib import Path

import pytest

from liftveil.config import (
    Config,
    ModelConfig,
    Ramp,
    changed_keys,
    config_from,
    config_table,
    model_config_from,
    read_config,
    with_seed,
)
from liftveil.errors import ConfigError

PUBLISHED = sorted((Path(__file__).parents[3] / "configs").glob("*.toml"))
EVERY_WEIGHT = r"every weight of 'objective' is 0 at {} of the run, which leaves nothing to learn"


def toml(table):
    """Tables of two levels; texts, numbers and booleans are written as in JSON."""
    return "\n".join(
        f"[{section}]\n" + "\n".join(f"{key} = {inline(value)}" for key, value in values.items())
        for section, values in table.items()
    )


def inline(value):
    if not isinstance(value, dict):
        return json.dumps(value)
    return "{" + ", ".join(f"{key} = {json.dumps(entry)}" for key, entry in value.items()) + "}"


class TestPublishedFiles:
    def test_are_there(self):
        assert PUBLISHED

    @pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
    def test_are_read_and_say_the_same_as_tables_and_json(self, path):
        config = read_config(path)
        assert isinstance(config, Config)
        assert config_from(config_table(config)) == config
        assert config_from(json.loads(json.dumps(config_table(config)))) == config

    @pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
    def test_begin_with_a_comment_that_says_how_to_run_them(self, path):
        comment = re.match(r"(#.*\n)+", path.read_text("utf-8"))
        assert comment is not None
        assert f"liftveil train configs/{path.name} --data " in comment[0]


class TestTables:
    def test_become_a_configuration_and_tables_again(self, table):
        table["objective"]["hiding_mse"] = {"first": 2.0, "last": 24.0, "begin": 0.25, "end": 0.75}
        config = config_from(table)
        assert (config.model.wavelet, config.data.ragged, config.training.normalise) == ("legall5/3", 0.25, False)
        assert config.objective.hiding_mse == Ramp(2.0, 24.0, 0.25, 0.75)
        ramps = {
            section: {key: {"first": value, "last": value, "begin": 0.0, "end": 1.0} for key, value in values.items()}
            for section, values in table.items()
            if section in ("objective", "channel")
        }
        ramps["objective"] |= {key: table["objective"][key] for key in ("unit", "hiding_mse")}
        assert config_table(config) == table | ramps

    def test_become_one_section_of_a_configuration(self, table):
        assert config_table(config_from(table).optimiser) == table["optimiser"]

    @pytest.mark.parametrize("value", [3, "text", [1], None], ids=str)
    def test_are_what_sections_and_the_whole_must_be(self, table, refusal, value):
        assert refusal(table | {"data": value}) == f"'data' is {value!r}, but must be a table"
        assert refusal(value) == f"the configuration is {value!r}, but must be a table"

    @pytest.mark.parametrize(
        ("change", "unknown", "nearest"),
        [
            ({"modell": {}}, "modell", "model"),
            ({"optimizer": {}}, "optimizer", "optimiser"),
            ({"data": {"crop": 3}}, "data.crop", "data.crop_px"),
            ({"model": {"color": "opponent"}}, "model.color", "model.colour"),
            ({"objective": {"hiding_mse": {"frist": 1}}}, "objective.hiding_mse.frist", "objective.hiding_mse.first"),
        ],
    )
    def test_with_an_unknown_key_are_answered_with_the_nearest(self, table, refusal, change, unknown, nearest):
        changed = table | {section: table.get(section, {}) | values for section, values in change.items()}
        assert refusal(changed) == f"unknown key '{unknown}'; the nearest that exists is '{nearest}'"

    def test_that_came_from_nowhere_are_named_config(self):
        with pytest.raises(ConfigError, match=r"^config: 'model' is missing$"):
            config_from({})


class TestFiles:
    @pytest.fixture
    def path(self, tmp_path):
        return tmp_path / "run.toml"

    def test_say_the_same_as_their_tables(self, path, table):
        table["channel"]["noise"] = {"first": 0, "last": 1}
        path.write_text("# ä comment\n" + toml(table), encoding="utf-8")
        assert read_config(path) == config_from(table)

    @pytest.mark.parametrize("key", ["model.width", "channel.noise", "channel.noise.last", "compute.workers"])
    def test_are_named_by_their_errors(self, path, table, key):
        section, name, *ends = key.split(".")
        table[section][name] = {"first": 0, ends[0]: -1} if ends else -1
        path.write_text(toml(table), encoding="utf-8")
        with pytest.raises(ConfigError, match=f"^{re.escape(str(path))}: '{key}' is -1") as caught:
            read_config(path)
        assert caught.value.path == str(path)

    @pytest.mark.parametrize(
        "content",
        [b"steps = = 3", b"\xff\xfe", b"[model", b"a = 1\na = 2", b"a = " + b"9" * 5000, b"a = " + b"[" * 5000],
        ids=lambda content: repr(content[:12]),
    )
    def test_that_are_not_toml_are_refused(self, path, content):
        path.write_bytes(content)
        with pytest.raises(ConfigError) as caught:
            read_config(path)
        assert caught.value.path == str(path)
        assert str(caught.value).startswith(f"{path}: cannot be read as TOML (")
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("name", ["missing.toml", ".", "nul\0byte"])
    def test_that_are_not_there_are_refused(self, tmp_path, name):
        with pytest.raises(ConfigError, match=r": cannot be read as TOML \(") as caught:
            read_config(tmp_path / name)
        assert caught.value.path == str(tmp_path / name)
        assert "\n" not in str(caught.value)


class TestTheModelAlone:
    def test_is_the_model_of_the_whole(self, table):
        model = model_config_from(table["model"])
        assert isinstance(model, ModelConfig)
        assert model == config_from(table).model
        assert config_table(model) == table["model"]

    def test_hid_colours_when_nothing_else_existed(self, table):
        del table["model"]["secret_channels"]
        assert model_config_from(table["model"]).secret_channels == 3

    def test_needs_every_key_that_always_existed(self, table):
        for key in table["model"].keys() - {"secret_channels"}:
            with pytest.raises(ConfigError, match=rf"^weights: 'model\.{key}' is missing$"):
                model_config_from({name: table["model"][name] for name in table["model"].keys() - {key}}, "weights")

    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({"levels": 0}, r"'model\.levels' is 0, but must be from 1 to 4"),
            ({"color": "opponent"}, r"unknown key 'model\.color'; the nearest that exists is 'model\.colour'"),
            ({"secret_channels": True}, r"'model\.secret_channels' is True, but must be one of 3, 1"),
        ],
    )
    def test_is_refused_under_the_name_of_its_origin(self, table, changes, problem):
        with pytest.raises(ConfigError, match=f"^weights: {problem}$"):
            model_config_from(table["model"] | changes, "weights")

    @pytest.mark.parametrize("value", [[], None, 3, "star"], ids=str)
    def test_is_a_table(self, value):
        with pytest.raises(ConfigError, match=r"^weights: 'model' is .*, but must be a table$"):
            model_config_from(value, "weights")


class TestWaveletAndColour:
    @pytest.mark.parametrize(("mode", "colour"), [("float", "opponent"), ("integer", "reversible")])
    def test_of_one_kind_are_taken(self, table, mode, colour):
        table["model"] |= {"wavelet_mode": mode, "colour": colour}
        assert config_from(table).model == model_config_from(table["model"])

    @pytest.mark.parametrize(
        ("mode", "colour", "partner"), [("float", "reversible", "opponent"), ("integer", "opponent", "reversible")]
    )
    def test_mixed_are_refused(self, table, refusal, mode, colour, partner):
        table["model"] |= {"wavelet_mode": mode, "colour": colour}
        problem = f"'model.colour' is '{colour}', but must be '{partner}' with 'model.wavelet_mode' '{mode}'"
        assert refusal(table) == problem
        with pytest.raises(ConfigError, match=f"^weights: {problem}$"):
            model_config_from(table["model"], "weights")


class TestAnObjective:
    @pytest.fixture
    def weighing(self, table):
        """A configuration whose other weights are 0."""
        nothing = dict.fromkeys(table["objective"], 0.0) | {"unit": 1.0}
        return lambda **weights: table | {"objective": nothing | weights}

    def test_without_any_weight_is_refused(self, weighing, refusal):
        assert refusal(weighing()) == EVERY_WEIGHT.format("0.0%")

    @pytest.mark.parametrize(
        ("ramps", "where"),
        [
            ([(0, 1, 0, 1)], "0.0%"),
            ([(0, 1, 0.5, 1), (0, 3, 0.25, 0.25)], "0.0%"),
            ([(1, 0, 0, 1)], "100.0%"),
            ([(1, 0, 0, 0.5)], "50.0%"),
            ([(1, 0, 0.5, 0.5)], "100.0%"),
            ([(1, 0, 0.125, 0.5), (0, 1, 0.75, 1)], "50.0%"),
            ([(1, 0, 0.5, 0.5), (0, 1, 0.75, 0.75)], "75.0%"),
        ],
    )
    def test_that_is_nothing_at_some_point_is_refused(self, weighing, refusal, ramps, where):
        named = (dict(zip(("first", "last", "begin", "end"), ramp, strict=True)) for ramp in ramps)
        assert refusal(weighing(**dict(zip(("band_ll", "band_hh"), named, strict=False)))) == EVERY_WEIGHT.format(where)

    def test_that_ends_with_a_jump_to_nothing_is_refused(self, table, refusal):
        jump = {"first": 1, "last": 0, "begin": 0.5, "end": 0.5}
        changed = table | {"objective": dict.fromkeys(table["objective"], jump) | {"unit": 1.0}}
        assert refusal(changed) == EVERY_WEIGHT.format("100.0%")

    def test_may_go_from_one_term_to_another(self, weighing):
        goes, comes = {"first": 1, "last": 0, "end": 0.75}, {"first": 0, "last": 1, "begin": 0.5}
        assert config_from(weighing(band_ll=goes, band_hh=comes)).objective.band_hh == Ramp(0.0, 1.0, 0.5, 1.0)


def test_changed_keys_are_named_with_both_values(table):
    other = copy.deepcopy(table)
    other["data"]["batch"] = 7
    other["objective"]["band_ll"] = {"first": 0, "last": 1}
    batch, ramp = changed_keys(config_from(table), config_from(other))
    assert batch == f"data.batch = 7 instead of {table['data']['batch']}"
    assert ramp.startswith("objective.band_ll = {'first': 0.0, 'last': 1.0")
    assert changed_keys(config_from(table), config_from(table)) == []


class TestAnotherSeed:
    def test_is_all_that_changes(self, table):
        table["objective"]["band_ll"] = {"first": 0, "last": 1}
        changed = with_seed(config_from(table), 12)
        assert changed == config_from(table | {"training": table["training"] | {"seed": 12}})
        assert changed.training.seed == 12

    @pytest.mark.parametrize("seed", [-1, 2**63])
    def test_is_checked(self, table, seed):
        with pytest.raises(ConfigError, match=rf"^--seed: 'training\.seed' is {seed}, but must be from 0 to "):
            with_seed(config_from(table), seed)
