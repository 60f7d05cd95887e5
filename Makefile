# Every verb, with what it does: make help
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

# The first Python on the PATH that is new enough; `make PYTHON=/path/to/python3.12 run` overrides.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
PY := .venv/bin/python
# Where the Python that .venv was made of is gone, as after an upgrade, nothing in it is of use.
_ := $(shell test -x $(PY) || rm -rf .venv)
PIP := $(PY) -m pip --disable-pip-version-check --quiet

.PHONY: help install run sandbox test test-browser check format bench lock doctor manifest clean

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

install: .venv/run.stamp ## create .venv and install what `make run` needs, from the lock file

run: .venv/run.stamp ## serve the workspace in .env, or a sandbox in the browser when there is none
	@$(PY) -m livesop_bot run

sandbox: .venv/run.stamp ## start the sandbox even where .env has Slack tokens
	@$(PY) -m livesop_bot sandbox

test: .venv/dev.stamp ## unit, integration and acceptance tests, on a real PostgreSQL that they start
	@$(PY) -m pytest -n 3 --dist worksteal

test-browser: .venv/dev.stamp ## the sandbox page in headless Chromium (needs Debian's chromium)
	@$(PY) -m pytest tests/browser

check: .venv/dev.stamp ## ruff, mypy --strict, import-linter
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -c 'import sys; from importlinter.cli import lint_imports_command as c; sys.exit(c())'

format: .venv/dev.stamp ## put the code into the project's format
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

bench: .venv/dev.stamp ## throughput and latency beside an empty Bolt app, as a table
	@$(PY) -m bench

doctor: .venv/run.stamp ## check tokens, database, model access, Jira and ports, a line each
	@$(PY) -m livesop_bot doctor

manifest: .venv/run.stamp ## print the Slack app manifest to paste
	@$(PY) -m livesop_bot manifest

lock: .venv/dev.stamp ## resolve the dependencies anew into the two lock files
	@$(PY) -m uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 pyproject.toml --group build -o requirements.lock
	@$(PY) -m uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 pyproject.toml --group build --group dev -c requirements.lock -o requirements-dev.lock

clean: ## remove the environment, caches and builds (data stays where it is)
	@rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "LiveSOP needs Python 3.11 or newer; none was found on the PATH." >&2; exit 1; }
	@"$(PYTHON)" -m venv .venv || { rm -rf .venv; \
		echo "python -m venv failed: install your system's venv package (Debian: apt-get install python3-venv)." >&2; exit 1; }

# pip checks every file against the lock's hashes. The project itself is linked (editable).
.venv/run.stamp: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing (once; later starts need no network) ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

.venv/dev.stamp: requirements-dev.lock .venv/run.stamp
	@echo "Installing the development tools (once) ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@
