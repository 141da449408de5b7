# `make demo` runs the main job, `make test` the tests. Both install what they need into this folder.

PYTHON ?= python3
# What Meltano and its plugins run on.
MELTANO_PYTHON ?= $(PYTHON)
VENV := .venv
MELTANO_VENV := .venv-meltano
export MELTANO := $(CURDIR)/$(MELTANO_VENV)/bin/meltano
# By uv, with pip's settings, in a tenth of the work; where uv fails, by pip.
INSTALL := $(PYTHON) tools/install.py $(MELTANO_VENV)/bin/uv
INSTALL_PLUGINS := umask 077 && MELTANO_CLI_LOG_LEVEL=warning $(PYTHON) tools/install.py meltano $(MELTANO)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# What is never imported need not be compiled; the rest is when it first is. (To pip, a falsy value turns a `--no-` on.)
export PIP_NO_COMPILE := 0
# Images for containers set it: then every start of a command would compile all that it imports, and keep nothing.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install install-warehouses demo test test-fast lint lint-types lint-rules bench freeze-release clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/installed $(MELTANO_VENV)/installed .meltano/installed ## Install what the demo needs into this folder

install-warehouses: install $(VENV)/warehouses .meltano/warehouses ## Install every loader, and the clients that the tests need

demo: ## Load a simulated Wix account into DuckDB, and show who has access to what
	@$(MAKE) --no-print-directory --jobs=2 install
	@$(VENV)/bin/python -m wix_demo.pipeline

lint: ## Check style, types, security rules and declared dependencies
	@$(MAKE) --no-print-directory --jobs=2 lint-types lint-rules

lint-types: $(VENV)/warehouses
	$(VENV)/bin/mypy

lint-rules: $(VENV)/warehouses
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/bandit --quiet --configfile pyproject.toml --recursive tap_wix_users wix_sandbox wix_access_review wix_demo target_duckdb_bulk tools
	$(VENV)/bin/lint-imports --no-cache
	$(VENV)/bin/deptry .

test-fast: $(VENV)/dev ## Run the quick tests
	$(VENV)/bin/pytest --numprocesses=auto -m 'not slow and not warehouse'

test: ## Run all checks and tests
	@$(MAKE) --no-print-directory --jobs=2 install-warehouses lint-types lint-rules
	$(VENV)/bin/pytest --numprocesses=auto --cov --cov-report=term-missing

bench: install-warehouses ## Run the benchmarks, one JSON line each (docs/performance.md)
	@for name in throughput duckdb_load pipeline models fewest_requests budget latency memory campaign; do \
		$(VENV)/bin/python benchmarks/$$name.py || exit 1; \
	done

freeze-release: $(VENV)/dev ## Store the formats of this release, to test later releases against
	$(VENV)/bin/python -m tests.releases.freeze

clean: ## Remove what was installed, and the output
	rm -rf $(VENV) $(MELTANO_VENV) .meltano output build dist .coverage .pytest_cache .ruff_cache .mypy_cache .hypothesis

$(VENV)/installed: pyproject.toml constraints.txt | $(MELTANO_VENV)/begun
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(INSTALL) $(VENV)/bin/python --quiet --constraint constraints.txt --editable '.[demo]'
	@touch $@

$(VENV)/dev: $(VENV)/installed constraints-pip.txt
	$(VENV)/bin/pip install --quiet --upgrade --requirement constraints-pip.txt
	$(INSTALL) $(VENV)/bin/python --quiet --constraint constraints.txt --editable '.[demo,review-postgres]' --group dev
	@touch $@

$(VENV)/warehouses: $(VENV)/dev
	$(INSTALL) $(VENV)/bin/python --quiet --constraint constraints.txt --editable '.[review-snowflake]' --group warehouses
	@touch $@

$(MELTANO_VENV)/begun: constraints-meltano.txt
	$(MELTANO_PYTHON) -m venv --clear $(MELTANO_VENV)
	$(MELTANO_VENV)/bin/pip install --quiet --constraint constraints-meltano.txt uv
	@touch $@

$(MELTANO_VENV)/installed: $(MELTANO_VENV)/begun
	$(INSTALL) $(MELTANO_VENV)/bin/python --quiet --constraint constraints-meltano.txt meltano
	@touch $@

.meltano/installed: meltano.yml pyproject.toml constraints.txt constraints-dbt.txt $(MELTANO_VENV)/installed
	@$(INSTALL_PLUGINS) --clean tap-wix-users target-duckdb-bulk dbt-duckdb
	@mkdir -p output
	@touch $@

.meltano/warehouses: .meltano/installed constraints-loaders.txt
	@$(INSTALL_PLUGINS) --clean target-duckdb target-jsonl target-postgres target-snowflake dbt-postgres dbt-snowflake
	@# What asks the metrics, for the tests.
	@$(INSTALL) .meltano/utilities/dbt-duckdb/venv/bin/python --quiet --constraint constraints-dbt.txt dbt-metricflow
	@touch $@
