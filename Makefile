# Two commands for newcomers, a few more for those who work here.
#
#   make demo                 a recording becomes fingerprints and a picture (no torch)
#   make demo RECORD=path     the same for your own recording
#   make test                 lint, types, import contract, tests
PYTHON ?= python3
RECORD ?=
DEMO := .venv-demo
DEV := .venv
PIP := -m pip install --quiet --disable-pip-version-check -c constraints.txt
TESTS ?= -m "not slow and not gpu"

.PHONY: demo test test-all lint bench clean

demo: $(DEMO)/.ready
	$(DEMO)/bin/cardioprint demo --out out/demo $(if $(RECORD),--record "$(RECORD)")

# The demo's environment holds the core package alone, as a user would install it.
$(DEMO)/.ready: pyproject.toml constraints.txt $(shell find src -name '*.py' -o -name '*.onnx' -o -name 'model.json')
	test -x $(DEMO)/bin/python || $(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/python $(PIP) --upgrade .
	touch $@

# torch goes first and alone: otherwise pip may choose another build for it.
$(DEV)/.ready: pyproject.toml constraints.txt
	test -x $(DEV)/bin/python || $(PYTHON) -m venv $(DEV)
	$(DEV)/bin/python $(PIP) torch==2.13.0
	$(DEV)/bin/python $(PIP) -e ".[train,dev]"
	touch $@

lint: $(DEV)/.ready
	$(DEV)/bin/ruff format --check src tests benchmarks
	$(DEV)/bin/ruff check src tests benchmarks
	$(DEV)/bin/pyright
	$(DEV)/bin/lint-imports

# Two processes of one thread each: half the time on two cores.
test: lint
	OMP_NUM_THREADS=1 $(DEV)/bin/pytest -n 2 $(TESTS)

# The slow tests start a Ray cluster of two nodes on this machine.
test-all: lint
	$(DEV)/bin/pytest

bench: $(DEV)/.ready
	OMP_NUM_THREADS=1 $(DEV)/bin/python benchmarks/speed.py

clean:
	rm -rf out build dist .pytest_cache .ruff_cache
