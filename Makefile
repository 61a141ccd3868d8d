# Everything there is to set up: each target makes .venv if there is none and installs the tested versions.
#   make demo     rooms, a short training, the paper's table, pictures (under 5 minutes on 2 cores)
#   make test     the tests
#   make lint types bench docs clean
# Another interpreter: make test PYTHON=python3.12

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary=:all: -c constraints.txt
# The tests run in two processes side by side: one thread in each.
ONE_THREAD := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 NUMBA_NUM_THREADS=1

.PHONY: demo test lint types bench docs clean
.DEFAULT_GOAL := test

demo: .venv/installed
	$(BIN)/python examples/demo.py

test: .venv/installed
	$(ONE_THREAD) $(BIN)/python -m pytest -n 2 --dist worksteal

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed
	$(BIN)/ty check src

bench: .venv/installed
	@for program in benchmarks/*.py; do echo "== $$program"; $(BIN)/python $$program || exit 1; done

docs: .venv/installed
	$(INSTALL) -e '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

clean:
	rm -rf .venv build dist site demo .pytest_cache .ruff_cache .hypothesis
	find src tests examples benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

.venv/installed: pyproject.toml constraints.txt | .venv/bin/python
	@echo 'installing into .venv (torch is large: this takes a minute or two) ...'
	$(INSTALL) -e '.[dev]'
	@touch $@

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'fathom needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12'; exit 1; }
	@$(PYTHON) -m venv .venv || \
		{ rm -rf .venv; echo 'no .venv could be made; on Debian and Ubuntu: apt install python3-venv'; exit 1; }
