# Two commands set up all they need by themselves: `make demo` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# Constraints pin what these targets run with; users of the package get the ranges of pyproject.toml.
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-slow bench lint soak clean help

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

$(INSTALLED): constraints.txt pyproject.toml
	@echo "Setting up $(VENV) (about 4 minutes and 3 GB the first time) ..."
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if v >= (3, 11) else f"Python 3.11 or newer is needed, $(PYTHON) is {v[0]}.{v[1]}; run: make PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --editable '.[dev,dask]'
	@touch $@

demo: $(INSTALLED)  ## sample clips to features, a smoke-trained model, scores and a page
	@$(BIN)/dmd demo --out demo-out

test: $(INSTALLED)  ## the fast tests
	@$(BIN)/python -m pytest -n 2

test-slow: $(INSTALLED)  ## all tests but the soak
	@$(BIN)/python -m pytest -n 2 -m 'not soak and not network'

lint: $(INSTALLED)  ## what pre-commit runs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

bench: $(INSTALLED)  ## the benchmarks, as tables
	@$(BIN)/python -m tests.benchmarks all

soak: $(INSTALLED)  ## the long fault tests
	@$(BIN)/python -m pytest -m soak -s

clean:  ## removes what the targets above made, the environment included
	rm -rf $(VENV) demo-out bench-out *.egg-info .mypy_cache .ruff_cache .pytest_cache
