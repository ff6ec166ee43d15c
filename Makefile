# Two commands are enough: `make demo` and `make test`. Both need only Python 3.11 to 3.13, git and make;
# everything is installed below this folder.
PYTHON ?= python3
UV_VERSION := 0.13.8
UV := .tools/bin/uv
RUN := .venv/bin
export UV_PYTHON_DOWNLOADS := never
export UV_PYTHON := $(PYTHON)
export MELTANO_SEND_ANONYMOUS_USAGE_STATS := false
# The demo writes baht and Thai names, whatever the locale.
export PYTHONUTF8 := 1
# Tests wait for servers and for each other's processes: more workers than processors.
export PYTEST_XDIST_AUTO_NUM_WORKERS ?= $(shell $(PYTHON) -c 'import os; print(-(-os.cpu_count() * 3 // 2))')
# Hundreds of processes start here: none should compile its imports anew, whatever the machine prefers.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/.tools/bin:$(PATH)

.PHONY: help demo stop test lint format check unit chaos longer bench lock new-tap test-bigquery clean

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(UV):
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else f"Talat needs Python 3.11 to 3.13; {sys.executable} is {v[0]}.{v[1]}. Say which with: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv .tools
	@.tools/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/demo: $(UV) uv.lock
	@$(UV) sync --quiet --locked --inexact --no-default-groups --group run
	@touch $@

.venv/dev: $(UV) uv.lock pyproject.toml
	@$(UV) sync --quiet --locked --all-groups
	@touch $@ .venv/demo

demo: .venv/demo ## The whole pipeline on invented data, into output/demo.duckdb
	@$(RUN)/python orchestrate/demo.py

stop: ## Stop the sandbox that `make demo` started
	@$(RUN)/meltano --log-level=error invoke sandbox:stop

test: lint check unit ## Everything that must hold before a change is merged
	@echo "All green."

lint: .venv/dev
	@$(RUN)/ruff check .
	@$(RUN)/ruff format --check .
	@$(RUN)/mypy taps/*/tap_* plugins/sandbox/talat_sandbox plugins/warehouse/talat_warehouse

check: .venv/dev
	@$(UV) lock --check --quiet
	@$(UV) export --quiet --frozen --no-hashes --no-emit-workspace --all-groups --no-header --no-annotate | diff -u plugins/constraints.txt - \
	  || { echo "plugins/constraints.txt is older than uv.lock: run make lock."; exit 1; }

# Tests install the plugins once more, in a copy of this folder and without the network: from what this brings.
.meltano/installed: .venv/dev uv.lock $(wildcard plugins/*/*.meltano.yml plugins/extractors/*.txt)
	@$(RUN)/meltano --log-level=warning install
	@touch $@

# And they install the packages and published loaders elsewhere, under every Python of this machine.
.venv/elsewhere: .venv/dev tests/anywhere/machine.py $(wildcard tests/anywhere/requirements/*.txt taps/*/pyproject.toml plugins/*/pyproject.toml)
	@$(RUN)/python tests/anywhere/machine.py
	@touch $@

unit: .venv/dev .meltano/installed .venv/elsewhere
	@$(RUN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

chaos: .venv/dev .venv/elsewhere ## Two hundred kills, more faults, and every tap in every suite: `make test` has no time for them
	@ALL_TAPS=1 CHAOS_SEEDS=200 CHAOS_EXAMPLES=200 $(RUN)/python -m pytest -n auto --dist worksteal tests/chaos tests/anywhere

longer: .venv/dev .meltano/installed ## What `make test` has no time for: marts, unit tests and every job on BigQuery's emulator, Shopee or Facebook Ads alone
	@LONGER=1 $(RUN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder tests/dbt tests/truth tests/meltano

bench: .venv/dev ## How fast it is beside peers, which are installed below .bench; on an otherwise idle machine
	@$(RUN)/python -m tests.benchmarks.run

test-bigquery: .venv/dev ## The truth test in a real project, PROJECT=…: contracts, clustering and MERGE as BigQuery does them
	@test -n "$(PROJECT)" || { echo "Say which Google Cloud project: make test-bigquery PROJECT=my-project"; exit 1; }
	@PROJECT=$(PROJECT) $(RUN)/python -m pytest tests/truth/acceptance_bigquery.py

format: .venv/dev ## Write all code the one way
	@$(RUN)/ruff check --fix .
	@$(RUN)/ruff format .

new-tap: ## A new tap to begin with, NAME=tap-example, which reads an API of its tests' own
	@$(PYTHON) taps/new_tap.py $(NAME)

lock: $(UV) ## Resolve dependencies anew
	@$(UV) lock
	@$(UV) export --quiet --frozen --no-hashes --no-emit-workspace --all-groups --no-header --no-annotate --output-file plugins/constraints.txt >/dev/null

clean: ## Forget the demo: its data, state and tokens
	@-$(RUN)/meltano --log-level=error invoke sandbox:stop 2>/dev/null
	@rm -rf output .sandbox .talat .meltano transform/target transform/logs
