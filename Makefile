# `make help` lists what there is. Everything but `help` begins with `setup`.
fits = $(shell $(1) -c 'import sys; sys.version_info >= (3, 11) and print("$(1)")' 2>/dev/null)
PYTHON ?= $(or $(call fits,python3),$(call fits,python3.14),$(call fits,python3.13),$(call fits,python3.12),$(call \
  fits,python3.11),python3)
BIN := .venv/bin
NPM := $(BIN)/python scripts/node.py

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run demo-sso test quick check test-live prove bench bench-page screenshots wheel lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## .venv from the hash-pinned lock, and the page; nothing is started
	@$(PYTHON) scripts/setup.py

setup-dev:
	@$(PYTHON) scripts/setup.py --dev

run: setup ## try it: http://localhost:8080, with a simulated model where no Ollama answers
	@$(BIN)/clawdbot start --config config.dev.yaml --demo

demo-sso: setup-dev ## five sign-on providers on loopback and a gateway to sign in to, until Ctrl-C
	@$(BIN)/python -m tests.sso.demo

test: setup-dev ## everything that must pass, with what it needs set up first
	@bash scripts/system_packages.sh
	@$(MAKE) --no-print-directory check
	$(NPM) test --silent
	$(BIN)/python -m tests.on_postgres -q -n 4 --dist loadfile
	$(BIN)/pytest -n 4 --dist worksteal --ignore tests/e2e
	$(BIN)/pytest -n 3 --dist worksteal tests/e2e

quick: setup-dev ## more than half of the tests, without gateways and browsers: 75 s, while you work
	$(BIN)/pytest -q -n 4 --dist worksteal tests/accounts tests/core tests/doubles tests/gateway tests/house \
	  --ignore tests/accounts/oauth/test_started.py --ignore tests/accounts/test_ssocheck_command.py \
	  --ignore tests/house/test_wheel.py

check: setup-dev ## lint, types, import rules, migrations, the page's types: quick, no test
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(NPM) run check --silent

test-live: setup-dev ## the SDK tests against the Ollama that OLLAMA_HOST names (docs/architecture.md)
	@test -n "$(OLLAMA_HOST)" || { echo "test-live: set OLLAMA_HOST, e.g. make test-live OLLAMA_HOST=http://127.0.0.1:11434"; exit 2; }
	CLAWDBOT_LIVE="$(OLLAMA_HOST)" $(BIN)/pytest -q -m live tests/sdk

prove: setup-dev ## the long proofs: storms, soaks, the wheel in an empty venv
	$(BIN)/pytest -q -m prove --timeout 900

bench: setup-dev ## CPU per call and per token, added time to first token
	$(BIN)/python -m bench

bench-page: setup-dev ## the page's budgets, measured in Chromium
	$(BIN)/python -m bench.page

screenshots: setup-dev ## every state of the page as pictures: var/screenshots/index.html
	$(BIN)/python scripts/screenshots.py

wheel: setup-dev ## dist/clawdbot-*.whl
	$(BIN)/python -m build --wheel --no-isolation

lock: setup ## requirements*.lock anew from pyproject.toml
	@bash scripts/lock.sh
