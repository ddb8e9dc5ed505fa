"""The hard stops of CONTRIBUTING's table of sizes, over everything under src."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "src").rglob("*.py"))

MOST_FILE_LINES = 400
MOST_BODY_LINES = 40
MOST_BRANCHES = 8
MOST_POSITIONAL = 5
MOST_PUBLIC_NAMES = 25

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def first_line(statement: ast.stmt) -> int:
    decorators = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def body_lines(function: Function) -> int:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return body[-1].end_lineno - first_line(body[0]) + 1 if body else 0


def positional(function: Function) -> int:
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def public_names(tree: ast.Module) -> int:
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            return len(ast.literal_eval(statement.value))
    return 0


def violations(source: str) -> list[str]:
    tree = ast.parse(source)
    found = []
    if (lines := len(source.splitlines())) > MOST_FILE_LINES:
        found.append(f"{lines} lines in the file")
    if (names := public_names(tree)) > MOST_PUBLIC_NAMES:
        found.append(f"{names} public names")
    for function in functions(tree):
        if (lines := body_lines(function)) > MOST_BODY_LINES:
            found.append(f"{lines} lines in the body of {function.name}")
        if (arguments := positional(function)) > MOST_POSITIONAL:
            found.append(f"{arguments} positional arguments of {function.name}")
    return found


def test_no_file_is_over_a_limit():
    assert FILES
    over = {str(file.relative_to(ROOT)): violations(file.read_text("utf-8")) for file in FILES}
    assert {file: found for file, found in over.items() if found} == {}


def test_ruff_stops_long_argument_lists_and_many_branches():
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]["lint"]
    assert lint["mccabe"]["max-complexity"] == MOST_BRANCHES
    assert lint["pylint"]["max-positional-args"] == MOST_POSITIONAL
    assert {"C90", "PLR09"} <= set(lint["select"])
    assert [pattern for pattern in lint["per-file-ignores"] if pattern.startswith("src")] == []


def test_no_limit_is_switched_off_in_place():
    switched_off = re.compile(r"noqa(?!: [A-Z])|noqa:[^#\n]*\b(C901|PLR09\d\d)|ruff: noqa|flake8: noqa")
    assert [str(file) for file in FILES if switched_off.search(file.read_text("utf-8"))] == []


def function_of(body_lines: int) -> str:
    return 'def grow():\n    """Docstring.\n\n    Not counted.\n    """\n' + "    x = 1\n" * body_lines


def method_of(arguments: int) -> str:
    names = ", ".join(f"a{number}" for number in range(arguments))
    return f"class Grown:\n    def grow(self, {names}, *, free=0):\n        pass\n"


def face_of(names: int) -> str:
    return f"__all__ = {[f'name{number}' for number in range(names)]}\n"


@pytest.mark.parametrize(
    ("made_up", "limit"),
    [
        ("x = 1\n".__mul__, MOST_FILE_LINES),
        (function_of, MOST_BODY_LINES),
        (method_of, MOST_POSITIONAL),
        (face_of, MOST_PUBLIC_NAMES),
    ],
    ids=["file", "body", "arguments", "names"],
)
def test_each_limit_fails_one_above_and_not_at_it(made_up, limit):
    assert violations(made_up(limit)) == []
    assert len(violations(made_up(limit + 1))) == 1
