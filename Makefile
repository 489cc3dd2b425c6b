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
# What our figures are compared with, each in an environment of its own.
PEERS := benchmarks/peers/locks
PYTEST := $(PYTHON) -m pytest -n 2
# A process that dies has failed its test, and another one in its place runs what it left over.
WHOLE := -p tests.support.crashes --dist loadscope --no-loadscope-reorder --max-worker-restart 2 --durations 60
# Our code is compiled once, and not by each of the processes that a start or a test brings up.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo up down test test-fast coverage fuzz lint format bench chaos actions proof connector injection lock safari sbom

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

test: setup ## Run all tests
	@$(PYTEST) $(WHOLE) $(args)

coverage: setup ## Run all tests and measure what they reach; takes twice as long on Python 3.11
	@$(PYTEST) $(WHOLE) --cov --cov-report=term:skip-covered $(args)

fuzz: setup ## Send many more requests to the gateway than the tests do
	@$(PYTHON) -m pytest tests/integration/api/test_schema.py --requests 100 --override-ini faulthandler_timeout=0 $(args)

test-fast: setup ## Run the tests that need no browser and kill nothing
	@$(PYTEST) -m "not slow and not browser" $(args)

SOURCES := api cli connectors host shared workers beat_schedule.py
# From the first revision on that was written with it; what was released before is never edited.
MIGRATIONS := $(filter-out $(wildcard shared/db/migrations/sql/000*.sql),$(wildcard shared/db/migrations/sql/*.sql))
# Keys have a shape; a high entropy and a telling name have too many other things too. Examples in tests say that they are some.
SECRETS := --disable-plugin KeywordDetector --disable-plugin Base64HighEntropyString --disable-plugin HexHighEntropyString --disable-plugin IPPublicDetector --exclude-files '^tests/vectors/'

lint: setup ## Check style, types, import rules, migrations, secrets and known holes of packages
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports --cache-dir .import_linter_cache
	@$(PYTHON) -m bandit --quiet --configfile pyproject.toml --recursive $(SOURCES)
	@.venv/bin/squawk $(MIGRATIONS)
	@git ls-files -z | xargs -0 .venv/bin/detect-secrets-hook $(SECRETS)
	@$(PYTHON) scripts/audit_packages.py requirements/production.txt

sbom: setup ## Write what production is made of to sbom.json (CycloneDX)
	@.venv/bin/cyclonedx-py requirements requirements/production.txt --output-file sbom.json
	@echo sbom.json

format: setup ## Put the code into shape
	@$(PYTHON) -m ruff format .
	@$(PYTHON) -m ruff check --fix-only --quiet .

bench: setup ## Measure, and write benchmarks/README.md's figures
	@$(PYTHON) -m benchmarks $(args)

injection: setup ## Have sqlmap try every query parameter of every route: args="--level 3"
	@$(PYTHON) -m tests.injection $(args)

chaos: setup ## Strike everything that runs for ten minutes; every effect must stand there once: args="--seed 7"
	@$(PYTHON) -m tests.chaos $(args)

actions: setup ## Do 100 comments and 100 messages on the practice sites, every tenth with a fault; each must arrive once
	@$(PYTHON) -m pytest tests/e2e/test_two_hundred_actions.py --actions 200 --durations 3 -q $(args)

safari: setup ## Run the whole contract suite on the stand-in Safari: every test for every capability
	@$(PYTHON) -m pytest tests/contract -k safari --all-on-safari -q $(args)

# The long forms of what the tests do in small; under an hour. `make bench` is a run of its own.
proof: setup ## Run every long form: weeks, chaos, Safari, actions, attacks, fuzz; nightly, and before an issue is resolved
	@$(PYTHON) -m tests.simulation 1000
	@$(MAKE) --no-print-directory safari
	@$(MAKE) --no-print-directory actions
	@$(PYTHON) -m pytest -n 0 -q tests/attack
	@$(PYTHON) -m pytest -n 0 -q --long -m long tests/integration/host/test_measured.py
	@$(PYTEST) -q --long -m long --ignore tests/integration/host/test_measured.py
	@$(MAKE) --no-print-directory fuzz
	@$(MAKE) --no-print-directory chaos

connector: setup ## Start the folder of a new platform, and ask for its facts: make connector name=mastodon
	@test -n "$(name)" || { echo "Say which platform: make connector name=mastodon" >&2; exit 2; }
	@$(PYTHON) -m connectors.scaffold $(name)

lock: setup ## Lock the dependencies again, with hashes; newest versions: make lock upgrade=1
	@$(COMPILE) pyproject.toml -o requirements/production.txt
	@$(COMPILE) pyproject.toml --extra local --group dev -o requirements/dev.txt
	@echo uv | $(COMPILE) - -o requirements/bootstrap.txt
	@for peer in $(PEERS)/*.in; do $(COMPILE) "$$peer" -o "$${peer%.in}.txt" || exit 1; done
	@command -v npm >/dev/null || { echo "There is no npm: $(PEERS)/bullmq stays as it is." >&2; exit 0; }; \
		cd $(PEERS)/bullmq && npm $(if $(upgrade),update,install) --package-lock-only --omit-lockfile-registry-resolved --silent
