# The commands of basin-entry. `make` alone lists them; each one sets up .venv first where it needs to.

PYTHON ?= python3
PROFILE ?= quick
OUT ?= results
PYTEST_ARGS ?=

BIN := .venv/bin
# Tests run side by side; the linear algebra library's own threads would only wait for each other.
PYTEST := OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest
NOTEBOOKS := $(wildcard notebooks/*.ipynb)

# One target at a time, also under -j: they share .venv, and the tests already use two processes.
.NOTPARALLEL:

.PHONY: help verify test thorough lint notebooks bench clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

.PHONY: setup-core setup-test setup-lint setup-notebooks
setup-core setup-test setup-lint setup-notebooks: setup-%:
	@PYTHON='$(PYTHON)' sh setup.sh $*

verify: setup-core ## check every claim (PROFILE=quick, OUT=results)
	@$(BIN)/basin-entry verify --profile '$(PROFILE)' --out '$(OUT)'

test: setup-test ## run the tests (PYTEST_ARGS=... is passed on)
	@$(PYTEST) -n 2 --dist worksteal -q $(PYTEST_ARGS)

thorough: setup-test ## run the tests, the slow ones too
	@$(PYTEST) -n 2 --dist worksteal -q -m '' $(PYTEST_ARGS)

lint: setup-lint ## check style, formatting and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

ifeq ($(NOTEBOOKS),)
notebooks: ## run every notebook and write it as HTML (OUT=results)
	@echo "There is no notebook in notebooks/ yet: nothing to do."
else
notebooks: setup-notebooks
	@$(BIN)/python -m numerics.notebook_pages '$(OUT)/notebooks' $(NOTEBOOKS)
endif

ifeq ($(wildcard tests/benchmarks),)
bench: ## measure speed
	@echo "There is no tests/benchmarks yet: nothing to measure."
else
bench: setup-test
	@$(PYTEST) -o addopts='--strict-markers --strict-config' --benchmark-only tests/benchmarks $(PYTEST_ARGS)
endif

clean: ## remove caches and builds (not results/, not .venv)
	@rm -rf build dist .benchmarks .hypothesis .mypy_cache .pytest_cache .ruff_cache *.egg-info
	@find . -path ./.venv -prune -o -path ./.git -prune -o \
		\( -name __pycache__ -o -name .ipynb_checkpoints \) -type d -prune -exec rm -rf {} +
