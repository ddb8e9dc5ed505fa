"""Tables against made-up dataclasses: every type that a field may have."""

from dataclasses import dataclass, fields
from typing import Annotated, Literal

import pytest

from liftveil.config import Ramp
from liftveil.config.checking import Location, checked
from liftveil.config.values import Range
from liftveil.errors import ConfigError

SMALL = Range("from 0 to 9", 0, 9)
Digit = Annotated[int, SMALL]


@dataclass(frozen=True)
class Inner:
    on: bool
    word: Literal["low", "high"]


@dataclass(frozen=True)
class Made:
    inner: Inner
    digit: Digit
    real: Annotated[float, SMALL]
    mixed: Literal["auto", 1]
    either: Digit | Literal["auto"]
    ramp: Annotated[Ramp, SMALL]


TABLE = {
    "inner": {"on": True, "word": "high"},
    "digit": 3,
    "real": 2.5,
    "mixed": 1,
    "either": "auto",
    "ramp": {"first": 1, "last": 9, "begin": 0.25, "end": 0.75},
}


def build(**changes):
    return checked(Made, TABLE | changes, Location("made.toml"))


def refusal(**changes):
    with pytest.raises(ConfigError, match=r"^made\.toml: ") as caught:
        build(**changes)
    assert caught.value.path == "made.toml"
    return str(caught.value).removeprefix("made.toml: ")


def test_a_table_becomes_its_dataclass():
    assert build() == Made(Inner(on=True, word="high"), 3, 2.5, 1, "auto", Ramp(1.0, 9.0, 0.25, 0.75))


class TestLocation:
    def test_keys_are_joined_by_dots(self):
        assert Location("here").inside("a").inside("b") == Location("here", "a.b")

    def test_an_error_names_source_and_key(self):
        error = Location("here", "a.b").refusal("x", "a number")
        assert (error.path, str(error)) == ("here", "here: 'a.b' is 'x', but must be a number")

    def test_an_error_about_everything_says_so(self):
        assert str(Location("here").refusal(3, "a table")) == "here: the configuration is 3, but must be a table"


class TestKeys:
    @pytest.mark.parametrize("field", fields(Made), ids=lambda field: field.name)
    def test_each_must_be_there(self, field):
        table = {key: value for key, value in TABLE.items() if key != field.name}
        with pytest.raises(ConfigError, match=rf"^made: '{field.name}' is missing$"):
            checked(Made, table, Location("made"))

    def test_each_must_be_there_in_tables_of_tables(self):
        assert refusal(inner={"on": True}) == "'inner.word' is missing"

    @pytest.mark.parametrize(
        ("changes", "unknown", "nearest"),
        [
            ({"digits": 1}, "digits", "digit"),
            ({"inner": {"onn": True}}, "inner.onn", "inner.on"),
            ({"ramp": {"first": 0, "last": 1, "start": 0.5}}, "ramp.start", "ramp.last"),
        ],
    )
    def test_an_unknown_one_is_answered_with_the_nearest(self, changes, unknown, nearest):
        assert refusal(**changes) == f"unknown key '{unknown}'; the nearest that exists is '{nearest}'"

    @pytest.mark.parametrize("key", ["", "~\n~"])
    def test_one_like_nothing_else_is_refused_in_one_line(self, key):
        assert refusal(**{key: 1}).startswith(f"unknown key {key!r}; the nearest that exists is '")

    @pytest.mark.parametrize("value", [3, "text", [1], None], ids=str)
    def test_a_table_must_be_one(self, value):
        assert refusal(inner=value) == f"'inner' is {value!r}, but must be a table"


class TestValues:
    @pytest.mark.parametrize(
        ("key", "values", "kind"),
        [
            ("digit", ["2", 2.0, True, {"deep": 2}, [2], None], "int"),
            ("real", ["2.5", True, {}, [2.5]], "float"),
            ("either", ["all", 2.0, True, ["auto"], {}], "int or 'auto'"),
            ("ramp", ["2", True, [1, 9]], "float or a table of 'first' and 'last'"),
        ],
    )
    def test_of_another_type_are_refused(self, key, values, kind):
        for value in values:
            assert refusal(**{key: value}) == f"'{key}' is {value!r}, but must be of type {kind}"

    @pytest.mark.parametrize("value", [1, 0, "true", {"deep": True}], ids=str)
    def test_of_a_switch_are_true_and_false_alone(self, value):
        assert refusal(inner={"on": value, "word": "low"}) == f"'inner.on' is {value!r}, but must be of type bool"

    @pytest.mark.parametrize("key", ["digit", "real", "either", "ramp"])
    def test_out_of_range_are_refused(self, key):
        for value in (-1, 10):
            assert refusal(**{key: value}) == f"'{key}' is {value}, but must be from 0 to 9"

    @pytest.mark.parametrize("value", [True, 1.0, "Auto", "1", 2, ["auto"], {"name": "auto"}], ids=repr)
    def test_that_are_no_choice_are_answered_with_those_that_are(self, value):
        assert refusal(mixed=value) == f"'mixed' is {value!r}, but must be one of 'auto', 1"

    def test_that_may_be_number_or_word_may_be_both(self):
        assert [build(either=value).either for value in (0, 9, "auto")] == [0, 9, "auto"]

    def test_whole_ones_may_stand_for_real_ones(self):
        made = build(real=1, ramp={"first": 1, "last": 2, "begin": 0, "end": 1})
        found = [made.real, *vars(made.ramp).values()]
        assert (found, {type(value) for value in found}) == ([1.0, 1.0, 2.0, 0.0, 1.0], {float})


class TestRamps:
    def test_from_a_number_stand_still(self):
        assert build(ramp=4).ramp == Ramp(4.0, 4.0)

    def test_take_the_whole_run_if_not_told_otherwise(self):
        assert build(ramp={"first": 1, "last": 2}).ramp == Ramp(1.0, 2.0, 0.0, 1.0)
        assert build(ramp={"first": 1, "last": 2, "begin": 0.5}).ramp == Ramp(1.0, 2.0, 0.5, 1.0)
        assert build(ramp={"first": 1, "last": 2, "end": 0.5}).ramp == Ramp(1.0, 2.0, 0.0, 0.5)

    @pytest.mark.parametrize("end", ["first", "last"])
    def test_need_both_values(self, end):
        assert refusal(ramp={end: 1}).endswith(" is missing")

    @pytest.mark.parametrize("end", ["first", "last"])
    def test_are_in_range_at_both_ends(self, end):
        for value, words in ((-1, "from 0 to 9"), (9.5, "from 0 to 9"), (float("nan"), "finite")):
            text = refusal(ramp={"first": 1, "last": 2} | {end: value})
            assert text == f"'ramp.{end}' is {float(value)}, but must be {words}"

    @pytest.mark.parametrize("share", ["begin", "end"])
    def test_begin_and_end_within_the_run(self, share):
        for value in (-0.1, 1.1):
            text = refusal(ramp={"first": 1, "last": 2, share: value})
            assert text == f"'ramp.{share}' is {value}, but must be from 0 to 1"

    def test_begin_no_later_than_they_end(self):
        assert build(ramp={"first": 1, "last": 2, "begin": 0.5, "end": 0.5}).ramp.begin == 0.5
        text = refusal(ramp={"first": 1, "last": 2, "begin": 0.75, "end": 0.5})
        assert text == "'ramp.begin' is 0.75, but must be at most its 'end', 0.5"
