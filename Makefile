# Every target sets up what it needs in .venv by itself, and is quick the second time.
#   make run                                 the demo: simulated logs in, published marts out
#   make run LANDING=/path/or/uri/of/logs    the same with your own logs
#   make run AUDIENCE_HOME=/data/audience    somewhere else than ./var
#   make run PYTHON=python3.12               another interpreter (3.11 to 3.13)
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
BOOTSTRAP := $(PYTHON) -I orchestration/bootstrap.py
BIN := .venv/bin
ARGS ?=

# Spark and its Python packages are worth their 500 MB only where Java can run them.
DEV_LOCK := $(shell java -version >/dev/null 2>&1 && echo requirements-spark.lock || echo requirements-dev.lock)
LINT_HOME := $(CURDIR)/.cache/lint

export PYTHONUNBUFFERED := 1
export DAGSTER_DISABLE_TELEMETRY := yes
export DO_NOT_TRACK := 1

.PHONY: help run serve test lint bench lock clean venv venv-dev

help: ## What can be done here
	@sed -nE 's/^([a-z-]+):.*## (.*)$$/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{printf "%-14s %s\n", $$1, $$2}'

venv:
	@$(BOOTSTRAP) requirements.lock

venv-dev:
	@$(BOOTSTRAP) $(DEV_LOCK)

run: venv ## Load LANDING (default: a simulated demo), build the models, publish the marts
	@$(BIN)/python -m orchestration refresh $(ARGS)

serve: venv ## The Dagster UI on http://127.0.0.1:3000
	@$(BIN)/python -m orchestration serve $(ARGS)

test: venv-dev ## All tests (ARGS="-k name" for some)
	@$(BIN)/python -m pytest $(ARGS)

lint: venv-dev ## Style, types, SQL, layer law, Spark compilation, definitions; cheap first
	@$(BIN)/python -m orchestration.lint $(ARGS)

bench: venv-dev ## Measure against the floor of one DuckDB statement
	@$(BIN)/python -m benchmarks $(ARGS)

lock: venv ## Pin all dependencies again, with hashes and without any registry's name
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@rm -f requirements.lock requirements-dev.lock requirements-spark.lock
	@compile() { $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-annotate --no-header --no-strip-extras "$$@"; }; \
	  compile --extra dev --extra spark -o requirements-spark.lock; \
	  compile --extra dev -c requirements-spark.lock -o requirements-dev.lock; \
	  compile -c requirements-dev.lock -o requirements.lock

clean: ## Remove caches (not .venv, not AUDIENCE_HOME)
	@rm -rf .cache .pytest_cache .mypy_cache .ruff_cache dbt_project/target dbt_project/logs logs
