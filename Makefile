# Every target sets up what it needs in .venv by itself, and is quick the second time.
#   make run                                 the demo: simulated logs in, published marts out
#   make run LANDING=/path/or/uri/of/logs    the same with your own logs
#   make run AUDIENCE_HOME=/data/audience    somewhere else than ./var
#   make run PYTHON=python3.12               another interpreter (3.11 to 3.13)
#   make run TARGET=spark                    on the Spark that SPARK_THRIFT_HOST and SPARK_THRIFT_PORT name; `make cluster` starts one here
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
BOOTSTRAP := $(PYTHON) -I orchestration/bootstrap.py
BIN := .venv/bin
ARGS ?=

# Spark and its Python packages are worth their 500 MB only where Java can run them.
DEV_LOCK := $(shell java -version >/dev/null 2>&1 && echo requirements-spark.lock || echo requirements-dev.lock)
# One test process more than there are cores: some wait for a browser, a server or a Spark of their own.
WORKERS := $(shell $(PYTHON) -c "import os; print(min((os.cpu_count() or 1) + 1, 4))" 2>/dev/null || echo 2)
LINT_HOME := $(CURDIR)/.cache/lint
DBT := $(BIN)/dbt --quiet --log-path "$(LINT_HOME)/dbt/logs"
PROJECT := --project-dir dbt_project --profiles-dir .
SCANNED := '*.py' '*.yml' '*.yaml' '*.toml' '*.md' '*.ts' '*.tsx' '*.sh' '*.in' '*.cfg' '*.ini' '*env*' Makefile .ci ':!tests/fixtures'
# Entropy alone finds hashes and ids; passwords, tokens, keys and addresses with passwords are found by their form.
SCAN := --disable-plugin HexHighEntropyString --disable-plugin Base64HighEntropyString
step = @printf '\033[1m%s\033[0m\n' "$(1)"

ifdef TARGET
export AUDIENCE_TARGET := $(TARGET)
endif
# What a run needs installed: dbt's adapter for Spark where the models run there.
RUN_LOCK := $(if $(filter spark,$(AUDIENCE_TARGET)),requirements-spark.lock,requirements.lock)

export PYTHONUNBUFFERED := 1
export DAGSTER_DISABLE_TELEMETRY := yes
export DO_NOT_TRACK := 1

.PHONY: help run doctor backup restore backup-drill upgrade-drill check serve api dashboard deliver deliveries publish-postgres superset superset-test metrics trace erase parity cluster cluster-stop cluster-parity
.PHONY: test lint bench bench-api bench-dashboard bench-freshness bench-panels bench-postgres fuzz sources truths pictures faults lock audit clean venv venv-crm venv-dev venv-spark venv-superset venv-audit

help: ## What can be done here
	@sed -nE 's/^([a-z-]+):.*## (.*)$$/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{printf "%-23s %s\n", $$1, $$2}'

venv:
	@$(BOOTSTRAP) $(RUN_LOCK)

venv-spark:
	@$(BOOTSTRAP) requirements-spark.lock

venv-crm:
	@$(BOOTSTRAP) requirements-crm.lock

venv-dev:
	@$(BOOTSTRAP) $(DEV_LOCK)

venv-superset:
	@$(BOOTSTRAP) requirements-superset.lock

venv-audit:
	@$(BOOTSTRAP) requirements-audit.lock

run: venv ## Load LANDING (default: a simulated demo), build the models, publish the marts
	@$(BIN)/python -m orchestration refresh $(ARGS)

doctor: venv ## The state of this installation: versions, lake, warehouse, snapshot, runs, disk; what to do (ARGS=--json)
	@$(BIN)/python -m orchestration doctor $(ARGS)

backup: venv ## Back up TO=<folder or URI> what cannot be computed again; only what is new is copied (ARGS="--keep 14")
	@$(BIN)/python -m orchestration backup $(if $(TO),"$(TO)") $(ARGS)

restore: venv ## Restore FROM=<folder or URI> into an empty AUDIENCE_HOME, every file checked (ARGS=--check: look only)
	@$(BIN)/python -m orchestration restore $(if $(FROM),"$(FROM)") $(ARGS)

cluster: venv-spark ## A standalone Spark for AUDIENCE_HOME on this machine, in the background (then: make run TARGET=spark)
	@$(BIN)/python -m cluster start

cluster-stop: venv-spark ## End that Spark; its tables stay
	@$(BIN)/python -m cluster stop

check: venv ## What LANDING would become: accepted, refused, unmapped; loads nothing (ARGS="--sample 1000")
	@$(BIN)/python -m orchestration check $(ARGS)

serve: venv ## The Dagster UI on http://127.0.0.1:3000
	@$(BIN)/python -m orchestration serve $(ARGS)

deliver: venv-crm ## Send CRM systems what changed (docs/crm.md; ARGS="sales --dry-run")
	@$(BIN)/python -m serving.crm deliver $(ARGS)

api: venv ## The marts over HTTP on http://127.0.0.1:8090 (docs/api.md; ARGS="--port 9000")
	@$(BIN)/python -m serving.api serve $(ARGS)

dashboard: venv ## The dashboard on http://127.0.0.1:8080
	@$(BIN)/python -m serving.dashboard serve $(ARGS)

metrics: venv-dev ## Ask the semantic layer of the published marts (ARGS="query --metrics plays --group-by metric_time__day")
	@$(BIN)/python -m serving.metrics $(ARGS)

publish-postgres: venv ## Publish the snapshot to the PostgreSQL of AUDIENCE_POSTGRES
	@$(BIN)/python -m serving.postgres publish $(ARGS)

superset: venv venv-superset ## Apache Superset with the dashboards on http://127.0.0.1:8088 (ARGS=--postgres: over PostgreSQL)
	@$(BIN)/python -m serving.superset serve $(ARGS)

superset-test: venv-dev venv-superset ## Import the dashboards into a Superset, render each in Chromium, compare numbers
	@AUDIENCE_SUPERSET_TEST=1 $(BIN)/python -m pytest tests/superset $(ARGS)

trace: venv ## Every file and table that names a person (ARGS="--email alice@example.com")
	@$(BIN)/python -m orchestration privacy trace $(ARGS)

erase: venv ## Erase a person everywhere, now and in all later loads (ARGS="--user-id u-123")
	@$(BIN)/python -m orchestration privacy erase $(ARGS)

test: venv-dev ## All tests (ARGS="-k name" for some)
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

cluster-parity: venv-dev ## Build the demo, real statements and EVENTS simulated events on DuckDB and on a Spark cluster, kill a worker, compare every table
	@$(BIN)/python -m benchmarks.parity $(if $(EVENTS),--events $(EVENTS)) $(ARGS)

parity: venv-dev ## Build a small lake on DuckDB and on a local Spark (Java 17), in full and then a day more, compare every mart
	@$(BIN)/python -m pytest -m spark tests/parity $(ARGS)

lint: export AUDIENCE_HOME := $(LINT_HOME)
lint: export DAGSTER_HOME := $(LINT_HOME)/dagster
# Java is needed to run Spark, not to compile for it.
lint: venv-spark audit ## Style, types, audit, layer law, Spark compilation, definitions, SQL; cheap first
	@mkdir -p "$(LINT_HOME)/dagster" && touch "$(LINT_HOME)/dagster/dagster.yaml"
	$(call step,Python style)
	@$(BIN)/ruff check --quiet --output-format concise .
	@$(BIN)/ruff format --check --quiet . || { $(BIN)/ruff format --diff . ; exit 1; }
	$(call step,Python types)
	@$(BIN)/mypy --no-error-summary
	$(call step,dbt parse)
	@$(DBT) parse $(PROJECT) --target dev --target-path "$(LINT_HOME)/dbt/parse" --warn-error-options '{"error": "all"}'
	$(call step,Layer law)
	@$(BIN)/python -m pytest -q --no-header tests/layers
	$(call step,dbt compile for Spark)
	@$(DBT) compile $(PROJECT) --target spark --no-introspect --no-populate-cache --target-path "$(LINT_HOME)/dbt/spark"
	$(call step,Dagster definitions)
	@$(BIN)/python -W ignore -m dagster definitions validate --log-level warning --module-name orchestration.definitions
	$(call step,SQL style)
	@DBT_TARGET_PATH="$(LINT_HOME)/dbt/sqlfluff" $(BIN)/sqlfluff lint --disable-progress-bar --processes 2 dbt_project

# Fixtures hold recorded ids by the thousand, and no settings.
audit: venv-dev venv-audit ## Known vulnerabilities of the pinned packages, secrets in tracked files (docs/security.md)
	$(call step,Known vulnerabilities)
	@$(BIN)/python -m security.advisories
	$(call step,Secrets in tracked files)
	@git ls-files -z -- $(SCANNED) | xargs -0 -n 200 -P 2 .venv-audit/bin/detect-secrets-hook $(SCAN)

bench: venv-dev ## Measure against the floor of one DuckDB statement (quick: EVENTS=1000000)
	@$(BIN)/python -m benchmarks $(if $(EVENTS),--events $(EVENTS)) $(ARGS)

bench-dashboard: venv-dev ## How long each page of the published dashboard takes until it is drawn
	@$(BIN)/python -m benchmarks.dashboard $(ARGS)

bench-panels: venv-dev ## What each panel of the dashboard and each question of docs/tables asks of the snapshot, in milliseconds
	@$(BIN)/python -m benchmarks.panels $(ARGS)

bench-freshness: venv-dev ## Land logs every few seconds on 10 million events: how old is what readers see (ARGS="--rate 500 --minutes 15")
	@$(BIN)/python -m benchmarks.freshness $(ARGS)

bench-postgres: venv-dev ## Publish a million interactions to PostgreSQL, against a bare COPY of the same rows
	@$(BIN)/python -m benchmarks.postgres --report benchmarks/POSTGRES.md $(ARGS)

bench-api: venv-dev ## Read the API from 32 clients during ten publishes
	@$(BIN)/python -m benchmarks.api $(ARGS)

fuzz: venv-dev ## Land files that no player should write, for every emitter, and build all models on them (ROUNDS=20)
	@AUDIENCE_FUZZ_ROUNDS=$(or $(ROUNDS),20) $(BIN)/python -m pytest tests/sources/test_fuzz.py $(ARGS)

sources: venv-dev ## Write the pages of docs/sources that compare the emitters
	@$(BIN)/python -m tests.sources.pages

truths: venv-dev ## Look for what the simulator planted in the marts of a hundred audiences with it and a hundred without
	@$(BIN)/python -m benchmarks.truths $(ARGS)

pictures: venv-dev ## Take the pictures of the docs from the published demo's dashboard
	@$(BIN)/python -m serving.dashboard screenshots $(ARGS)

faults: venv-dev ## Strike runs hundreds of times (kill -9, full disks, lost networks, ...), let the next run heal each, prove it (ARGS="--only kill")
	@$(BIN)/python -m benchmarks.faults $(ARGS)

backup-drill: venv-dev ## Back up, restore elsewhere, rebuild, compare every mart; damage it and see it refused (benchmarks/BACKUP.md)
	@$(BIN)/python -m benchmarks.backup $(ARGS)

upgrade-drill: venv-dev ## Run homes of earlier releases, and a release to come, and compare every mart (benchmarks/UPGRADE.md)
	@$(BIN)/python -m benchmarks.upgrade $(ARGS)

deliveries: venv-dev ## Deliver 10,000 contacts to a real Tryton, kill it half-way three times, compare every field
	@$(BIN)/python -m benchmarks.deliveries $(ARGS)

lock: venv ## Pin all dependencies again, with hashes and without any registry's name
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@rm -f requirements.lock requirements-crm.lock requirements-dev.lock requirements-spark.lock requirements-superset.lock requirements-audit.lock
	@compile() { $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-annotate --no-header --no-strip-extras "$$@"; }; \
	  compile --extra crm --extra dev --extra spark -o requirements-spark.lock; \
	  compile --extra crm --extra dev -c requirements-spark.lock -o requirements-dev.lock; \
	  compile --extra crm -c requirements-dev.lock -o requirements-crm.lock; \
	  compile -c requirements-crm.lock -o requirements.lock; \
  $(BIN)/uv pip compile serving/superset/requirements.in --quiet --universal --python-version 3.11 --generate-hashes \
    --no-annotate --no-header --no-strip-extras -o requirements-superset.lock; \
  $(BIN)/uv pip compile security/requirements.in --quiet --universal --python-version 3.11 --generate-hashes \
    --no-annotate --no-header --no-strip-extras -o requirements-audit.lock

clean: ## Remove caches (not .venv, not AUDIENCE_HOME)
	@rm -rf .cache .pytest_cache .mypy_cache .ruff_cache dbt_project/target dbt_project/logs logs
