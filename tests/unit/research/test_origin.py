"""What computed a figure is told by those who know."""

import platform
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import PIL
import pytest

import liftveil
from liftveil.research import origin
from liftveil.research.origin import code_digest, cpu_name, package_versions


@pytest.fixture(autouse=True)
def fresh():
    package_versions.cache_clear()
    yield
    package_versions.cache_clear()


def test_versions_are_those_that_the_packages_say_of_themselves():
    found = package_versions()
    assert found["liftveil"] == liftveil.__version__
    assert (found["numpy"], found["pillow"]) == (np.__version__, PIL.__version__)
    assert found["python"] == platform.python_version()
    assert "pillow-jxl-plugin" in found


def test_the_digest_is_that_of_every_module(monkeypatch, tmp_path):
    digests = {code_digest()}
    monkeypatch.setattr(origin, "__file__", str(tmp_path / "research" / "origin.py"))
    (tmp_path / "research").mkdir()
    for name, text in (("a.py", "x"), ("a.py", "y"), ("b.py", ""), ("research/b.py", "")):
        (tmp_path / name).write_text(text)
        digests.add(code_digest.__wrapped__())
    assert len(digests) == 5
    assert {len(digest) for digest in digests} == {64}


def test_a_package_that_is_not_installed_is_left_out(monkeypatch):
    def version(name):
        if name == "pillow-jxl-plugin":
            raise PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr(origin, "version", version)
    assert set(package_versions()) == {"liftveil", "numpy", "onnxruntime", "pillow", "python"}


def test_the_processor_has_a_name_and_cores():
    cores = sum(line.startswith("processor") for line in Path("/proc/cpuinfo").read_text().splitlines())
    assert cpu_name().endswith(f"({cores} cores)")
    assert len(cpu_name()) > len(f" ({cores} cores)")
