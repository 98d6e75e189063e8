# Every day's commands. Each target that has a `##` comment appears in the help.
# Paths are relative, so that a checkout whose path has a space in it works.

BIN := .venv/bin
TESTS ?= tests
# What `make bench-peers` measures; empty means all. FLAGS go to the benches as they are.
PEERS ?=
FLAGS ?=
CODE = $(wildcard src tests examples bench)

.DEFAULT_GOAL := help
.PHONY: help setup check format test proof demo bench bench-peers bench-scale docs clean

help: ## Show this help
	@echo "Beltline. Commands (each sets up what it needs):"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: .venv/ready ## Make .venv with all packages (PYTHON=... names the interpreter)

.venv/ready: pyproject.toml constraints.txt scripts/setup.sh
	@sh scripts/setup.sh

check: setup ## Lint, format, types, walls, architecture tests, docs: everything but the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/architecture
	$(BIN)/zensical build --clean --strict

format: setup ## Put the code into its standard form and fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The fences run in `make check`: a run of everything leaves them out. Of three tests at once one mostly waits.
test: setup ## Run the tests on SQLite and a real PostgreSQL (TESTS=... chooses some)
	$(BIN)/python -m pytest -n 3 --dist worksteal --ignore=tests/architecture $(TESTS)

# Figures want the machine for themselves: they come last, one by one (5: the chosen tests have none).
proof: setup ## Run the long tests too: hundreds of crashes, thousands of seeds
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not figure" $(TESTS)
	$(BIN)/python -m pytest -n 0 -o faulthandler_timeout=900 -m figure $(TESTS) || [ $$? -eq 5 ]

demo: setup ## Do the main job on real input (STORE=postgresql://... for a server of yours)
	$(BIN)/python -m examples.demo

bench: setup ## Measure the speed on both stores, beside the raw yardstick
	$(BIN)/python -m bench

bench-peers: setup ## Measure Beltline beside its peers (PEERS=pgqueuer,huey; FLAGS=--resume and others)
	$(BIN)/python -m bench.peers --peers "$(PEERS)" $(FLAGS)
	$(BIN)/python -m bench.report

bench-scale: setup ## Measure cost against size (FLAGS="--soak 30" for the steady load, and others)
	$(BIN)/python -m bench.scale $(FLAGS)
	$(BIN)/python -m bench.sharding
	$(BIN)/python -m bench.report

docs: setup ## Build the documentation into site/
	$(BIN)/zensical build --clean --strict

clean: ## Remove everything that is made here, .venv included
	rm -rf .venv site dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage .cache .peers
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
