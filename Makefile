# make setup · demo · test · check · bench · docs · translations. Each sets up what it needs first.
PYTHON ?= python3
BIN := .venv/bin
UV_INSTALL = $(BIN)/uv pip install --quiet

CHECK_PYTHON = @$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
  { echo "taz-archive needs Python 3.11 or later; this is $$($(PYTHON) -V). Try: make PYTHON=python3.12"; exit 2; }

.PHONY: setup demo test check bench docs translations clean

setup: .venv/ready

.venv/ready: pyproject.toml
	$(CHECK_PYTHON)
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv # installs the rest in a tenth of pip's time
	$(UV_INSTALL) --python $(BIN)/python --upgrade --editable . --group dev
	$(UV_INSTALL) --target .venv/readers --upgrade --group readers
	$(UV_INSTALL) --target .venv/search-all --upgrade --no-deps --group search-all
	$(UV_INSTALL) --target .venv/datasette1 --upgrade --group datasette1
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv/replay
	$(UV_INSTALL) --python .venv/replay/bin/python --upgrade --group replay
	@touch $@

demo: $(if $(wildcard .venv/ready),setup,.venv/demo)
	@$(BIN)/taz-archive demo

.venv/demo: pyproject.toml # no more than the demo and `serve` need, in a tenth of the space
	$(CHECK_PYTHON)
	$(PYTHON) -m venv --without-pip .venv
	@tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && $(PYTHON) -m venv "$$tools" && \
	  "$$tools/bin/pip" install --quiet uv && \
	  "$$tools/bin/uv" pip install --quiet --python $(BIN)/python --editable '.[datasette]'
	@find .venv/lib -path '*/babel/locale-data/*' ! -name 'de*' ! -name 'en*' ! -name root.dat -delete # 30 MB
	@touch $@

test: setup
	$(BIN)/pytest -n auto --dist worksteal # keeps the tests of a module together, for which samples are built once

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check
	$(BIN)/python docs/translations.py --check

docs: setup
	$(BIN)/python docs/generate.py

translations: setup
	$(BIN)/python docs/translations.py

bench: setup
	$(UV_INSTALL) --python $(BIN)/python --group bench
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache build dist
