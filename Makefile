# make setup · demo · test · check · bench. Each sets up what it needs first.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test check bench docs clean

setup: .venv/ready

.venv/ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "taz-archive needs Python 3.11 or later; this is $$($(PYTHON) -V). Try: make PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable . --group dev
	$(BIN)/python -m pip install --quiet --upgrade --target .venv/readers --group readers
	$(BIN)/python -m pip install --quiet --upgrade --no-deps --target .venv/search-all --group search-all
	$(BIN)/python -m pip install --quiet --upgrade --target .venv/datasette1 --group datasette1
	$(PYTHON) -m venv .venv/replay
	.venv/replay/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	.venv/replay/bin/python -m pip install --quiet --upgrade --group replay
	@touch $@

demo: setup
	@$(BIN)/taz-archive demo

test: setup
	$(BIN)/pytest -n auto

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

docs: setup
	$(BIN)/python docs/generate.py

bench: setup
	$(BIN)/python -m pip install --quiet --group bench
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache build dist
