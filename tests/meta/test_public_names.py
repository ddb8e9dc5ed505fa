"""Every `__all__` tells the truth, and everything public says what it is."""

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src"
FILES = sorted((SRC / "liftveil").rglob("*.py"))
ROOMS = [file for file in FILES if file.name == "__init__.py" and file.parent.name != "liftveil"]

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def module_name(file: Path) -> str:
    parts = file.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def declared(tree: ast.Module) -> list[str]:
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__":
            return ast.literal_eval(statement.value)
    return []


def bound_by(statement: ast.stmt) -> Iterator[str]:
    """Names that a statement binds, those it takes from other packages left out."""
    match statement:
        case ast.ImportFrom(module=str(source), level=level) if level or source.split(".")[0] == "liftveil":
            yield from (alias.asname or alias.name for alias in statement.names)
        case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
            yield statement.name
        case ast.Assign():
            yield from (target.id for target in statement.targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            for inner in statement.body:
                yield from bound_by(inner)


def public(tree: ast.Module) -> set[str]:
    return {name for statement in tree.body for name in bound_by(statement) if not name.startswith("_")}


def order(name: str) -> tuple[int, list[tuple[int, str]]]:
    """Sort key of ruff's RUF022: constants, classes, the rest; numbers by value."""
    kind = 0 if len(name) > 1 and name.isupper() else 1 if name[0].isupper() else 2
    return kind, [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]


def undocumented(tree: ast.Module) -> list[str]:
    found = [] if ast.get_docstring(tree) else ["the module"]
    waiting = list(tree.body)
    for node in waiting:
        if not isinstance(node, Definition) or node.name.startswith("_"):
            continue
        decorators = {ast.unparse(decorator).split(".")[-1] for decorator in node.decorator_list}
        if not ast.get_docstring(node) and not decorators & {"overload", "override", "setter"}:
            found.append(node.name)
        if isinstance(node, ast.ClassDef):
            waiting += node.body
    return found


@pytest.mark.parametrize("file", ROOMS, ids=module_name)
def test_all_names_what_the_room_binds(file):
    tree = ast.parse(file.read_text("utf-8"))
    names = declared(tree)
    assert set(names) == public(tree)
    assert names == sorted(set(names), key=order)


@pytest.mark.parametrize("file", ROOMS, ids=module_name)
def test_every_name_resolves(file):
    room = importlib.import_module(module_name(file))
    assert [name for name in declared(ast.parse(file.read_text("utf-8"))) if not hasattr(room, name)] == []


def test_everything_public_has_a_docstring():
    missing = {module_name(file): undocumented(ast.parse(file.read_text("utf-8"))) for file in FILES}
    assert {module: names for module, names in missing.items() if names} == {}


def test_the_public_face_is_complete_and_lazy():
    code = """if True:
        import sys
        import liftveil

        assert liftveil.__all__, "no public names"
        assert "liftveil.api" not in sys.modules, "api was imported at once"
        assert set(liftveil.__all__) <= set(dir(liftveil)), "dir() lacks names"
        for name in liftveil.__all__:
            getattr(liftveil, name)
        assert not hasattr(liftveil, "no_such_name")
        print("\\n".join(liftveil.__all__))
    """
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    names = finished.stdout.split()
    assert names == sorted(set(names), key=order)
    assert {"embed", "extract", "__version__"} <= set(names)
    assert public(ast.parse((SRC / "liftveil" / "__init__.py").read_text("utf-8"))) <= set(names)


MADE_UP = '''"""A room."""
from __future__ import annotations
from typing import TYPE_CHECKING, Any
from liftveil.somewhere import Band, split
from .here import MERGE as merge
if TYPE_CHECKING:
    from liftveil.later import late
    from pathlib import Path
SCHEMES: dict[str, Any] = {}
_hidden = 1
def bare(): ...
class Bare:
    """Has one."""
    def method(self): ...
    def _own(self): ...
    @property
    def told(self):
        """Has one."""
    @told.setter
    def told(self, value): ...
'''


def test_made_up_room_is_read_right():
    tree = ast.parse(MADE_UP)
    assert public(tree) == {"Band", "split", "merge", "late", "SCHEMES", "bare", "Bare"}
    assert undocumented(tree) == ["bare", "method"]
    assert undocumented(ast.parse("x = 1")) == ["the module"]
    assert declared(ast.parse('__all__ = ["a"]')) == ["a"]
    assert sorted(["a10", "ba", "a2", "Band", "__version__", "SCHEMES", "A"], key=order) == [
        *["SCHEMES", "A", "Band"],
        *["__version__", "a2", "a10", "ba"],
    ]
