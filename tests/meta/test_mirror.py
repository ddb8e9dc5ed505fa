"""Tests mirror the package: `src/liftveil/<room>/<module>.py` and `tests/unit/<room>/test_<module>.py`."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def has_code(module: Path) -> bool:
    return any(isinstance(node, Definition) for node in ast.walk(ast.parse(module.read_text("utf-8"))))


def mirrored(module: Path) -> Path:
    return module.with_name(f"test_{module.name}")


def mirror(package: Path, tests: Path) -> tuple[list[str], list[str]]:
    """Modules without a test file, and test files without a module; the commands are tested in tests/cli."""
    modules = {file.relative_to(package): file for file in package.rglob("*.py") if not file.name.startswith("__")}
    tested = {file.relative_to(tests) for file in tests.rglob("test_*.py")}
    needed = {mirrored(module) for module, file in modules.items() if module.parts[0] != "cli" and has_code(file)}
    orphans = tested - {mirrored(module) for module in modules}
    return sorted(map(str, needed - tested)), sorted(map(str, orphans))


def test_every_module_has_its_tests_and_every_test_its_module():
    missing, orphans = mirror(ROOT / "src" / "liftveil", ROOT / "tests" / "unit")
    assert missing == []
    assert orphans == []


def test_made_up_tree_is_read_right(tmp_path):
    texts = {
        "src/errors.py": "class Refused(Exception): ...",
        "src/room/__init__.py": "def face(): ...",
        "src/room/tested.py": "def act(): ...",
        "src/room/untested.py": "class Actor: ...",
        "src/room/constants.py": "LIMIT = 1",
        "src/cli/embed.py": "def embed(): ...",
        "unit/test_errors.py": "",
        "unit/room/test_tested.py": "",
        "unit/room/test_constants.py": "",
        "unit/room/test_gone.py": "",
    }
    for path, text in texts.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert mirror(tmp_path / "src", tmp_path / "unit") == (["room/test_untested.py"], ["room/test_gone.py"])
