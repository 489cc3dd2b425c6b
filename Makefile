# Callsheet on one machine. `make` alone prints the targets.
#
# Every target that runs our code depends on `setup`, which costs well under a second when nothing has changed:
# a fresh clone needs no other step first.

SHELL := /bin/sh
PYTHON := .venv/bin/python
CALLSHEET := .venv/bin/callsheet
# No `--index-url` or other address may get into the lock files: they are the same wherever they are made.
# uv is on the PATH, or set-up has brought it.
COMPILE := PATH="$(CURDIR)/.venv-uv/bin:$$PATH" uv pip compile --quiet --generate-hashes --universal --no-annotate --no-header --python-version 3.11
ifdef upgrade
COMPILE += --upgrade
endif

.DEFAULT_GOAL := help
.PHONY: help setup demo up down test test-fast lint format bench chaos connector lock

help: ## Print this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  \033[1mmake %-11s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make the environment: Python, packages, a browser; does nothing when all is there
	@scripts/setup.sh

demo: setup ## Start everything, comment and send a message on the practice sites, show the proof
	@$(CALLSHEET) demo

up: setup ## Start everything in the foreground; Ctrl-C stops it
	@$(CALLSHEET) up

down: setup ## Stop everything that `up` or `demo` started
	@$(CALLSHEET) down

test: setup ## Run all tests, with the coverage ratchet
	@$(PYTHON) -m pytest --cov --cov-report=term:skip-covered -n 2 --dist loadscope --no-loadscope-reorder $(args)

test-fast: setup ## Run the tests that need no browser and kill nothing
	@$(PYTHON) -m pytest -n 2 -m "not slow and not browser" $(args)

lint: setup ## Check style, types and import rules
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports --cache-dir .import_linter_cache

format: setup ## Put the code into shape
	@$(PYTHON) -m ruff format .
	@$(PYTHON) -m ruff check --fix-only --quiet .

bench: setup ## Measure, and write benchmarks/README.md's figures
	@$(PYTHON) -m benchmarks $(args)

chaos: setup ## Strike everything that runs for ten minutes; every effect must stand there once: args="--seed 7"
	@$(PYTHON) -m tests.chaos $(args)

connector: setup ## Start the folder of a new platform: make connector name=mastodon
	@test -n "$(name)" || { echo "Say which platform: make connector name=mastodon" >&2; exit 2; }
	@$(PYTHON) -m connectors.scaffold $(name)

lock: setup ## Lock the dependencies again, with hashes; newest versions: make lock upgrade=1
	@$(COMPILE) pyproject.toml -o requirements/production.txt
	@$(COMPILE) pyproject.toml --extra local --group dev -o requirements/dev.txt
	@echo uv | $(COMPILE) - -o requirements/bootstrap.txt
