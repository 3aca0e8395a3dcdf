# Every target bootstraps what it needs and can be run again at any time.
#   make demo            a live page of a simulated cluster (make demo ARGS="--scenario outage")
#   make test            everything that can be checked on this machine
#   make install         .venv with the locked dependencies and the command .venv/bin/watchglass
#   make check           the static half: format, lint, types, import contracts, page types
#   make control-plane   build the Kubernetes control plane that the tests run on (needs Go >= 1.26)
#   make bench           the benchmarks; writes docs/benchmarks.md
#   make docs            docs/settings.md again from the settings
#   make wire            static/wire.d.ts again from the models
#   make tapes           the recordings in tests/tapes again, from the demo (six minutes)
#   make screenshot      docs/images/demo.png again from the demo (needs Debian's chromium)
#   make lock            resolve the dependencies again into the hashed requirement files (needs uv)
#   make clean           remove what the other targets made inside the checkout

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(min(4, os.cpu_count() or 1))')
ARGS ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo install test check pytest page-types control-plane bench docs wire tapes screenshot lock clean

help:
	@sed -n 's/^#   //p' Makefile

install: $(VENV)/.ready

# Where the environment cannot be made whole, make takes this away again.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Watchglass needs Python 3.11 or newer; $(PYTHON) is " + sys.version.split()[0] + " (choose another with make PYTHON=...)")'
	@$(PYTHON) -m venv $(VENV)

# What is needed at run time and no more: a newcomer waits for nothing that the demo does not use.
$(VENV)/.runtime: requirements.txt | $(BIN)/python
	@echo "installing the locked dependencies into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.ready: requirements-dev.txt pyproject.toml | $(BIN)/python
	@echo "installing the locked development dependencies into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.runtime

# One process, this one: Ctrl-C reaches it and nothing between.
demo: $(VENV)/.runtime
	@exec $(BIN)/python -m app demo $(ARGS)

test: check pytest

check: $(VENV)/.ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	@$(MAKE) --no-print-directory page-types

# TypeScript only reads the page's JavaScript; nothing of it is shipped.
page-types:
	@if command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1; then \
	    $(MAKE) --no-print-directory node_modules/.ready && node_modules/.bin/tsc --noEmit -p tsconfig.json; \
	elif [ -n "$$CI" ]; then echo "page types: node and npm are missing, and CI may skip nothing" >&2; exit 1; \
	else echo "skipped: page types (tsc): node and npm are not installed"; fi

node_modules/.ready: package.json package-lock.json
	@npm ci --no-audit --no-fund --silent
	@touch $@

pytest: $(VENV)/.ready
	@rm -f .coverage .coverage.*
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --cov --cov-report= $(ARGS)
	$(BIN)/coverage report --include='app/model/*,app/stream/*' --fail-under=100
	$(BIN)/coverage report --fail-under=90

control-plane:
	@$(PYTHON) -m tests.control_plane build

bench: $(VENV)/.ready
	$(BIN)/python -m benchmarks $(ARGS)

docs: $(VENV)/.ready
	$(BIN)/python -m app.settings.reference docs/settings.md

wire: $(VENV)/.ready
	$(BIN)/python -m app openapi --types > static/wire.d.ts.new
	@mv static/wire.d.ts.new static/wire.d.ts

tapes: $(VENV)/.ready
	$(BIN)/python -m tests.tapes.make $(ARGS)

screenshot: $(VENV)/.ready
	$(BIN)/python -m tests.browser.screenshot docs/images/demo.png

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q pyproject.toml -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q pyproject.toml --group dev -o requirements-dev.txt

clean:
	rm -rf $(VENV) node_modules build dist .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
