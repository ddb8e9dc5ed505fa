"""Every check of the project, run in the environment that nox itself is installed in: `make test`."""

import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.2"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "layers", "tests"]

# One thread per process: two processes that each start a thread per core slow each other down several times.
SINGLE_THREADED = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def run_module(session: nox.Session, module: str, *arguments: str, env: dict[str, str] | None = None) -> None:
    """Run an installed tool with the interpreter that runs nox."""
    session.run(sys.executable, "-m", module, *arguments, env=env, external=True)


@nox.session
def lint(session: nox.Session) -> None:
    """Style and formatting."""
    run_module(session, "ruff", "check", ".")
    run_module(session, "ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Static types of the package."""
    run_module(session, "mypy", *session.posargs)


@nox.session
def layers(session: nox.Session) -> None:
    """Who may import whom, and which rooms never import torch."""
    session.run(str(Path(sys.executable).with_name("lint-imports")), external=True)


@nox.session
def tests(session: nox.Session) -> None:
    """The tests, in two processes; arguments after `--` go to pytest."""
    run_module(session, "pytest", "-n", "2", "--dist", "loadfile", *session.posargs, env=SINGLE_THREADED)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the shipped model on Kodak; arguments after `--` go to the script."""
    session.run(sys.executable, "benchmarks/kodak.py", *session.posargs, external=True)
