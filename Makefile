# The six words for the developer. Everything they need is fetched into .venv; nothing is installed elsewhere.

PYTHON ?= python3
BIN := .venv/bin
UV := UV_PROJECT_ENVIRONMENT=.venv UV_PYTHON_DOWNLOADS=never $(BIN)/uv
BUNDLE := src/dure/shell/static/dist/manifest.json
CHECKED := src tests tools bench hatch_build.py
LAWS := $(wildcard tests/test_*.py)
unexport PYTHONDONTWRITEBYTECODE # pytest and its plugins start six times as fast from bytecode
.DEFAULT_GOAL := words
.PHONY: words setup dev demo check test docs lint format types imports laws

words: ## these words
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-6s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(BIN)/uv ## installs everything into .venv; again after each pull, at once when there is nothing to do
	@$(UV) sync --frozen $(if $(wildcard $(BUNDLE)),,--reinstall-package dure)
	@echo "Ready: .venv/bin/dure"

dev: setup ## runs Dure on the data in ./data and starts it again whenever a source changes
	@$(BIN)/python -m tools.dev

demo: setup ## once round the loop with a sample shop, then on until Ctrl-C
	@$(BIN)/dure demo

check: ## the laws of the house: style, types, imports, limits, documentation, translations
	@$(MAKE) --no-print-directory --jobs --keep-going --output-sync=target lint format types imports laws

test: setup ## every test there is, on SQLite and PostgreSQL and in a browser
	$(BIN)/pytest -n auto -m "not alone" $(ARGS)
	$(BIN)/pytest -m alone $(ARGS) || test $$? -eq 5 # 5: there was none to run

docs: ## writes docs/reference anew from the code
	@$(BIN)/python -m tools.reference

lint:
	@$(BIN)/ruff check --quiet --output-format concise $(CHECKED)

format:
	@$(BIN)/ruff format --check --quiet --output-format concise $(CHECKED) || { echo "To repair: .venv/bin/ruff format $(CHECKED)"; false; }

types:
	@$(BIN)/mypy $(CHECKED)

imports:
	@$(BIN)/lint-imports

laws:
	@$(BIN)/pytest -p no:cacheprovider $(LAWS)

$(BIN)/uv: tools/venv.sh
	@PYTHON="$(PYTHON)" sh tools/venv.sh
