# mendlite: two commands do everything, environment included: `make repair` and `make test`.

SHELL    := /bin/bash
PYTHON   ?= python3
VENV     ?= .venv
TARGET   ?= digits
STRATEGY ?=
OUT      ?=
ARGS     ?=
JOBS     ?= 2

# Real models and inputs for the other targets; the embedded default needs none of them.
MENDLITE_DATA ?= $(abspath $(wildcard ../shared/data))
export MENDLITE_DATA

BIN   := $(VENV)/bin
STAMP := $(VENV)/.installed
MEND  := $(BIN)/mendlite
FLAGS  = $(if $(STRATEGY),--strategy $(STRATEGY)) $(if $(OUT),--out $(OUT)) $(ARGS)
MARKS  = $(if $(MENDLITE_DATA),,-m "not data")

.DEFAULT_GOAL := help
.PHONY: help repair analyze validate targets doctor test lint types unit format bench bench-recover bench-paper bench-table6 wheel lock digits clean

help: ## list every target with a line each
	@echo "usage: make <target> [TARGET=name|path/to/target.toml] [STRATEGY=...] [ARGS='...']"
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

$(STAMP): pyproject.toml constraints.txt tools/make_venv.sh
	@PYTHON="$(PYTHON)" tools/make_venv.sh "$(VENV)"
	@touch $@

repair: $(STAMP) ## repair TARGET (default digits) into build/<target>/
	@$(MEND) repair $(TARGET) $(FLAGS)

analyze: $(STAMP) ## show what quantization cost TARGET, layer by layer
	@$(MEND) analyze $(TARGET) $(ARGS)

validate: $(STAMP) ## count the failing tests of TARGET's int8 file, or of ARGS='--model FILE'
	@$(MEND) validate $(TARGET) $(ARGS)

targets: $(STAMP) ## list the targets and whether their files are here
	@$(MEND) targets

doctor: $(STAMP) ## run a real inference on every runner and say what is missing
	@$(MEND) doctor

test: lint types unit ## lint, types and all tests

lint: $(STAMP) ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(STAMP) ## mypy --strict
	@$(BIN)/mypy --strict

unit: $(STAMP) ## the tests alone: ARGS='tests/arith' or '-k name' picks some
	@if [ -z "$(MENDLITE_DATA)" ]; then \
	  echo "MENDLITE_DATA is not set: the tests on real models are left out (docs/TESTING.md)"; fi
	@$(BIN)/python -m pytest -n $(JOBS) $(MARKS) $(ARGS)

format: $(STAMP) ## let ruff mend what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(STAMP) ## time the replay runners and the repairs that the README quotes, into build/bench/
	@$(BIN)/python tools/bench.py $(ARGS)

bench-recover: $(STAMP) ## measure what repair recovers against its marks, into docs/benchmarks/
	@$(BIN)/python tools/bench_recover.py $(ARGS)

bench-paper: $(STAMP) ## QNNRepair's tables on what can be had here, into docs/benchmarks/
	@tools/make_paper_networks.sh
	@$(BIN)/python tools/bench_table6.py
	@$(BIN)/python tools/bench_paper.py $(ARGS)

bench-table6: $(STAMP) ## solve all 512 neurons of a real dense layer, into build/bench/table6.json
	@$(BIN)/python tools/bench_table6.py $(ARGS)

wheel: $(STAMP) ## build the wheel into dist/
	@$(BIN)/python -m build --wheel --outdir dist .

lock: $(STAMP) ## resolve constraints.txt anew for Python 3.10 to 3.13
	@tools/lock.sh "$(BIN)"

digits: ## make the embedded default target again (needs TensorFlow in its own environment)
	@PYTHON="$(PYTHON)" tools/make_digits_target.sh

clean: ## remove what was built; the environment stays
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache
