"""Checks of parsed tables against dataclasses, whose fields say by their types what each value may be.

The types are those of :mod:`liftveil.config.values`, dataclasses of such types, ``bool``, and literals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from liftveil.config.values import Ramp, Range
from liftveil.errors import ConfigError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Section = TypeVar("Section", bound="DataclassInstance")


class Location(NamedTuple):
    """Where in which configuration a value stands.

    Attributes:
        source: What an error names as the origin.
        key: Names from the outermost section to the value, joined by dots; empty for the whole configuration.
    """

    source: str | Path
    key: str = ""

    def inside(self, name: str) -> Location:
        """The location of an entry of the table that stands here."""
        return Location(self.source, f"{self.key}.{name}" if self.key else name)

    def refusal(self, value: object, wanted: str) -> ConfigError:
        """The error to raise if ``value`` stands here instead of what is wanted, in words that complete "must be"."""
        name = repr(self.key) if self.key else "the configuration"
        return ConfigError(self.source, f"{name} is {value!r}, but must be {wanted}")


def checked(kind: type[Section], table: object, where: Location) -> Section:
    """Build a dataclass from a table that has exactly its keys, but for those with a default.

    Args:
        kind: The dataclass.
        table: What was parsed.
        where: Where it stands.

    Returns:
        An instance of the dataclass.

    Raises:
        ConfigError: If it is no table, or a key or value is not what it has to be.
    """
    if not isinstance(table, Mapping):
        raise where.refusal(table, "a table")
    kinds = get_type_hints(kind, include_extras=True)
    for key in table:
        if key not in kinds:
            [nearest] = get_close_matches(key, kinds, n=1, cutoff=0.0)
            told = f"unknown key {where.inside(key).key!r}; the nearest that exists is {where.inside(nearest).key!r}"
            raise ConfigError(where.source, told)
    for field in fields(kind):
        if field.name not in table and field.default is MISSING:
            raise ConfigError(where.source, f"{where.inside(field.name).key!r} is missing")
    return kind(**{key: _value(kinds[key], value, where.inside(key)) for key, value in table.items()})


def _value(kind: Any, value: object, where: Location) -> object:  # noqa: ANN401 - some of the types are no classes
    if is_dataclass(kind):
        return checked(kind, value, where)  # type: ignore[arg-type]  # a class, not an instance
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        number, limits = parts
        return _ramp(limits, value, where) if number is Ramp else _number(number, limits, value, where)
    if origin is Union:
        (number, limits), words = map(get_args, parts)
        return value if value in words else _number(number, limits, value, where, instead=f" or {_names(words)}")
    if origin is Literal:
        return _choice(parts, value, where)
    if type(value) is not kind:
        raise where.refusal(value, f"of type {kind.__name__}")
    return value


def _choice(allowed: tuple[object, ...], value: object, where: Location) -> object:
    if (type(value), value) not in [(type(choice), choice) for choice in allowed]:  # True == 1 == 1.0
        raise where.refusal(value, f"one of {_names(allowed)}")
    return value


def _names(allowed: tuple[object, ...]) -> str:
    return ", ".join(map(repr, allowed))


def _ramp(limits: Range, value: object, where: Location) -> Ramp:
    """A ramp from a table, or one that stands still from a number."""
    if not isinstance(value, Mapping):
        number = _number(float, limits, value, where, instead=" or a table of 'first' and 'last'")
        return Ramp(number, number)
    ramp = checked(Ramp, value, where)
    for name in ("first", "last"):
        _number(float, limits, getattr(ramp, name), where.inside(name))
    if ramp.begin > ramp.end:
        raise where.inside("begin").refusal(ramp.begin, f"at most its 'end', {ramp.end}")
    return ramp


def _number(kind: type[float], limits: Range, value: Any, where: Location, *, instead: str = "") -> float:  # noqa: ANN401
    """A number in its range; whole ones may stand for real ones."""
    if type(value) is not kind and not (kind is float and type(value) is int):
        raise where.refusal(value, f"of type {kind.__name__}{instead}")
    if value not in limits:
        raise where.refusal(value, limits.words)
    return kind(value)
