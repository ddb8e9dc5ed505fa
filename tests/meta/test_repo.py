"""What has to be true of the repository as a whole."""

import hashlib
import importlib.metadata
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import liftveil

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
VERSION = PYPROJECT["project"]["version"]
MOST_BYTES = 25_000_000

# A text must work wherever it is read: which index serves the packages is the reader's own setting.
INDEX = re.compile(
    r"index[-_]url|find[-_]links|://[^\s/]*(pypi|registry|pythonhosted)|https?://\S+/(simple|whl)\b",
    re.IGNORECASE,
)
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b")


def repository_files() -> list[Path]:
    """Files that are, or would be, under version control; in an unpacked archive, all that are not hidden."""
    if not (ROOT / ".git").exists():
        found = (file.relative_to(ROOT) for file in ROOT.rglob("*") if file.is_file())
        return [ROOT / file for file in found if not any(part.startswith(".") for part in file.parts)]
    # The checkout may belong to another user than the one who runs the tests.
    command = [
        "git",
        "-c",
        "safe.directory=*",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


FILES = repository_files()


def texts() -> dict[str, str]:
    suffixes = {"", ".py", ".md", ".toml", ".cff", ".yml", ".yaml", ".json", ".txt", ".cfg", ".html", ".js"}
    return {
        str(file.relative_to(ROOT)): file.read_text("utf-8", errors="replace")
        for file in FILES
        if file.suffix in suffixes
    }


def test_no_file_is_too_large():
    assert ROOT / "pyproject.toml" in FILES
    assert [str(file) for file in FILES if file.stat().st_size > MOST_BYTES] == []


def test_the_package_has_no_unfinished_places():
    assert [path for path, text in texts().items() if path.startswith("src/") and UNFINISHED.search(text)] == []


def test_no_text_names_a_package_index():
    assert [path for path, text in texts().items() if INDEX.search(text)] == []


@pytest.mark.parametrize(
    "line",
    [
        "pip install --extra-index" + "-url URL",
        "PIP_FIND" + "_LINKS=here",
        "https://files.python" + "hosted.org/packages",
        "https://example.org/" + "whl/cpu",
        "https://example.org/" + "simple",
    ],
)
def test_an_index_would_be_found(line):
    assert INDEX.search(line)


def test_an_unfinished_place_would_be_found():
    assert UNFINISHED.search("# TO" + "DO: later")


def test_one_version_everywhere():
    assert liftveil.__version__ == VERSION
    assert importlib.metadata.version("liftveil") == VERSION
    assert f"version: {VERSION}" in (ROOT / "CITATION.cff").read_text("utf-8").splitlines()
    assert VERSION in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_package_says_that_it_is_typed():
    assert "Typing :: Typed" in PYPROJECT["project"]["classifiers"]
    assert (ROOT / "src" / "liftveil" / "py.typed").is_file()


def test_the_pictures_are_those_of_their_table():
    folder = ROOT / "src" / "liftveil" / "pictures"
    table = (folder / "README.md").read_text("utf-8")
    for picture in folder.glob("*.png"):
        assert f"| `{hashlib.sha256(picture.read_bytes()).hexdigest()}` |" in table
