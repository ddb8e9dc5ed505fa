# Two commands from a fresh clone: `make demo` and `make test`. Everything they need goes into this folder.
PYTHON ?= python3
PIP = -m pip --disable-pip-version-check install
SOURCES = pyproject.toml README.md LICENSE $(shell find src -type f ! -path '*/__pycache__/*')

.DEFAULT_GOAL := help
.PHONY: help demo test clean

help:
	@echo "make demo    hide a photograph in another, get it back, and show both in demo/"
	@echo "make test    run every check: style, types, layers and tests (downloads about 1 GB at first)"
	@echo "make clean   remove the environments and everything else that these commands made"
	@echo "PYTHON=...   the Python (3.11 or newer) to build the environments with, now: $(PYTHON)"

demo: .venv/installed
	.venv/bin/liftveil demo -o demo --force

test: .venv-dev/installed
	.venv-dev/bin/nox

# A copy of the built package, not a link into src/: the demo shows what a user of the wheel gets.
.venv/installed: $(SOURCES) | .venv/bin/python
	.venv/bin/python $(PIP) .
	@touch $@

# One command for everything, so that pip resolves torch together with the packages that depend on it.
.venv-dev/installed: pyproject.toml | .venv-dev/bin/python
	.venv-dev/bin/python $(PIP) --editable '.[dev]'
	@touch $@

.venv/bin/python .venv-dev/bin/python:
	@command -v $(PYTHON) >/dev/null || \
	  { echo "liftveil: $(PYTHON) was not found; name a Python of at least 3.11: make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "liftveil: needs Python 3.11 or newer; name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "liftveil: $(PYTHON) lacks its venv module; on Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(@:/bin/python=)

clean:
	rm -rf .venv .venv-dev .nox demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests examples benchmarks -type d -name __pycache__ -prune -exec rm -rf {} +
