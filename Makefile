# Every target sets up what it needs first; nothing has to be installed but Python >= 3.11 with venv, and make.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-all lint bench docs build lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY)  ## run a retailer's week on this machine until Ctrl-C; ONCE=1 plays it once
	@$(BIN)/unifier demo $(if $(ONCE),--once)

# Tests mostly wait for servers: three processes share two cores well. Those that last begin first.
PYTEST = $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder
test: lint  ## lint, types, and every test that is not marked slow
	$(PYTEST) -m "not slow" $(ARGS)

test-all: lint  ## the same, with the slow tests
	$(PYTEST) $(ARGS)

lint: $(READY)  ## style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: $(READY)  ## events per second of one worker, against stock Faust
	$(BIN)/unifier bench drain

docs: $(READY)  ## make the generated documents anew: contracts, settings, .env example
	$(BIN)/python docs/generate.py

build: $(READY)  ## wheel and source distribution into dist/
	$(BIN)/hatchling build

# Versions rise only when a lock is deleted first, or with UPGRADE=1. The image gets the versions that were tested.
COMPILE = $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate $(if $(UPGRADE),--upgrade)
lock: $(READY)  ## lock the requirements; UPGRADE=1 takes the newest versions
	$(COMPILE) --all-extras --group dev -o requirements/dev.txt
	$(COMPILE) --extra api -c requirements/dev.txt -o requirements/runtime.txt
	$(BIN)/uv pip compile --group build --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate -c requirements/dev.txt -o requirements/build.txt

clean:  ## remove all that make has made
	rm -rf .venv .cache dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find unifier tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is older than a changed lock: then everything is put in order again, and else nothing is done.
$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "unifier needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m unifier.devstack.setup
	@touch $@
