"""A base installation suffices: nothing but training and export needs torch."""

import subprocess
import sys
import tomllib
from pathlib import Path

SRC = Path(__file__).parents[2] / "src"

[LIGHT] = [
    contract["source_modules"]
    for contract in tomllib.loads((SRC.parent / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    if contract["name"] == "Rooms that work without torch"
]
LIGHT_ROOMS = [name.removeprefix("liftveil.") for name in LIGHT]

# Stands in for an environment without the `train` extra, whatever is installed.
BLOCK = """
import importlib, sys

class Absent:
    names = {"torch", "lightning", "lightning_fabric", "kornia", "onnx", "onnxscript", "jaxtyping"}

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.split(".")[0] in cls.names:
            raise ModuleNotFoundError(f"{name} is not installed", name=name)

sys.meta_path.insert(0, Absent)
"""

IMPORT_ALL = """
for name in sys.argv[1:]:
    importlib.import_module(name)
"""

HELP_OF_ALL = """
import typer
from liftveil import cli

def run(*arguments):
    sys.argv = ["liftveil", *arguments, "--help"]
    try:
        cli.main()
    except SystemExit as end:
        assert not end.code, f"liftveil {' '.join(arguments)} --help ended with {end.code}"
    print("shown:", *arguments)

def visit(command, *path):
    run(*path)
    for name, inner in getattr(command, "commands", {}).items():
        visit(inner, *path, name)

[app] = {id(value): value for value in vars(cli).values() if isinstance(value, typer.Typer)}.values()
visit(typer.main.get_command(app))
"""


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def modules(room: str) -> list[str]:
    files = [SRC / "liftveil" / f"{room}.py", *(SRC / "liftveil" / room).rglob("*.py")]
    names = [".".join(file.relative_to(SRC).with_suffix("").parts) for file in files if file.exists()]
    assert names, f"{room} does not exist"
    return [name.removesuffix(".__init__") for name in names]


def test_the_package_alone_loads_neither_torch_nor_a_runtime():
    code = "import sys, liftveil; print(*sorted({'torch', 'onnxruntime'} & set(sys.modules)))"
    finished = run(code)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.split() == []


def test_light_rooms_import_without_torch():
    names = [name for room in LIGHT_ROOMS for name in modules(room)]
    finished = run(BLOCK + IMPORT_ALL, "liftveil", *names)
    assert finished.returncode == 0, finished.stderr


def test_every_command_shows_its_help_without_torch():
    finished = run(BLOCK + HELP_OF_ALL)
    assert finished.returncode == 0, finished.stderr
    shown = {line.removeprefix("shown:").strip() for line in finished.stdout.splitlines() if line.startswith("shown:")}
    commands = {
        "embed",
        "extract",
        "capacity",
        "demo",
        "info",
        "data",
        "data split",
        "train",
        "profile",
        "plot",
        "test",
        "export",
    }
    commands |= {"evaluate", "evaluate stego", "evaluate secret", "evaluate research"}
    assert shown == {"", *commands}


def test_the_block_blocks():
    finished = run(BLOCK + IMPORT_ALL, "torch.nn")
    assert finished.returncode == 1
    assert "torch is not installed" in finished.stderr
