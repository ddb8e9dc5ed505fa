"""docs/guides/configuration.md names every key, what it may be, and what the recipes to start from use."""

import json
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest

from liftveil.config import Config, Ramp

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "guides" / "configuration.md").read_text("utf-8")
FILES = {path.stem: path for path in (ROOT / "configs").glob("*.toml")}
RECIPES = {name: tomllib.loads(FILES[name].read_text("utf-8")) for name in ("quick", "reference")}

SECTIONS = get_type_hints(Config)
NUMBERS = {int: "whole number", float: "number", Ramp: "ramp"}


def tables(page: str) -> dict[str, dict[str, list[str]]]:
    """Cells of each row by the heading above it and its key."""
    found: dict[str, dict[str, list[str]]] = {}
    for heading, text in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE):
        rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", text, re.MULTILINE)
        assert len(rows) == len(dict(rows)), f"{heading}: a key stands there twice"
        found[heading] = {key: cells.split(" | ") for key, cells in rows}
    return found


def allowed(kind: Any) -> str:
    """What a field's type lets its value be, in words."""
    parts = get_args(kind)
    if kind is bool:
        return "`true`, `false`"
    if get_origin(kind) is Literal:
        return ", ".join(f"`{json.dumps(choice)}`" for choice in parts)
    if get_origin(kind) is Union:
        return " or ".join(map(allowed, parts))
    assert get_origin(kind) is Annotated
    number, limits = parts
    return f"{NUMBERS[number]}, {limits.words}"


def used(section: str, key: str) -> str:
    """What the recipes use: the commonest value, and the names of the recipes that have another one."""
    values = {name: toml(recipe[section][key]) for name, recipe in RECIPES.items()}
    [(common, count)] = Counter(values.values()).most_common(1)
    others = ", ".join(f"{name} `{value}`" for name, value in values.items() if value != common or count == 1)
    return "; ".join(filter(None, [f"`{common}`" if count > 1 or not others else "", others]))


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(entry)}" for key, entry in value.items()) + " }"
    return f"{value:g}" if isinstance(value, float) else json.dumps(value)


def test_every_section_has_its_table():
    assert [heading for heading, rows in tables(PAGE).items() if rows] == ["Ramps", *map("[{}]".format, SECTIONS)]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_key_has_its_row_and_no_other_has_one(section):
    kinds = get_type_hints(SECTIONS[section], include_extras=True)
    rows = tables(PAGE)[f"[{section}]"]
    assert list(rows) == list(kinds)
    assert {key: cells[0] for key, cells in rows.items()} == {key: allowed(kind) for key, kind in kinds.items()}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_row_says_what_the_recipes_use(section):
    rows = tables(PAGE)[f"[{section}]"]
    assert {key: cells[2] for key, cells in rows.items()} == {key: used(section, key) for key in rows}


def test_ramps_have_their_rows():
    kinds = get_type_hints(Ramp, include_extras=True)
    rows = tables(PAGE)["Ramps"]
    assert {key: cells[0] for key, cells in rows.items()} == {key: allowed(kind) for key, kind in kinds.items()}


def test_the_text_names_existing_keys():
    named = re.findall(rf"`({'|'.join(SECTIONS)})\.(\w+)`", PAGE)
    assert named
    assert [key for section, key in named if key not in get_type_hints(SECTIONS[section])] == []


def test_every_recipe_is_named():
    assert [name for name in FILES if f"`{name}`" not in PAGE] == []


MADE_UP = """
## [model]

| key | may be | meaning |
|---|---|---|
| `levels` | whole number | how deep |
| `wavelet` | `"haar"` or another | of which kind |

## Remarks

None.
"""


def test_a_made_up_page_is_read_right():
    rows = {"levels": ["whole number", "how deep"], "wavelet": ['`"haar"` or another', "of which kind"]}
    assert tables(MADE_UP) == {"[model]": rows, "Remarks": {}}
    with pytest.raises(AssertionError, match="twice"):
        tables(MADE_UP.replace("wavelet", "levels"))
