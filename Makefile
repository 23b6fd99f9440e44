# mendlite: two commands do everything, environment included: `make repair` and `make test`.

SHELL    := /bin/bash
PYTHON   ?= python3
VENV     ?= .venv
TARGET   ?= digits
STRATEGY ?=
OUT      ?=
BOARD    ?=
ARGS     ?=
JOBS     ?= 2

# Real models and inputs for the other targets; the embedded default needs none of them.
MENDLITE_DATA ?= $(abspath $(wildcard ../shared/data))
export MENDLITE_DATA

BIN   := $(VENV)/bin
STAMP := $(VENV)/.installed
MEND  := $(BIN)/mendlite
REPAIRED = $(or $(OUT),build/$(TARGET))/repaired.tflite
CHECK ?= --validation-samples 100
FLAGS  = $(if $(STRATEGY),--strategy $(STRATEGY)) $(if $(OUT),--out $(OUT)) $(ARGS)

# COVERAGE=1 counts the branches that the tests took, and prints the share and the files with the least.
COVERAGE ?=
COVER = $(if $(COVERAGE),--cov --cov-report=)

# Tests that cannot run here are left out by name, and a line says so; `make test STRICT=1` fails instead.
STRICT ?=
CROSS   = tools/install_cross.sh
BROWSER = tools/install_browser.sh

# Boards that firmware is built for here; another brings its own.
OURS := $(shell grep -oE 'BOARD.,[a-z0-9-]+' firmware_tests/port/boards.mk | cut -d, -f2)
FIRMWARE_TESTS = firmware-unit firmware-lint firmware-stub
LEFT    = $(if $(MENDLITE_DATA),,not data)

.DEFAULT_GOAL := help
.PHONY: help repair analyze validate targets doctor firmware test lint types unit test-firmware $(FIRMWARE_TESTS) format bench bench-recover bench-int4 bench-peers bench-paper bench-table6 bench-device bench-device-int4 bench-tamper bench-certify bench-dask corpus fuzz-models wheel docs docs-site examples lock digits check-digests clean

help: ## list every target with a line each
	@echo "usage: make <target> [TARGET=name|path/to/target.toml] [STRATEGY=...] [ARGS='...']"
	@sed -nE 's/^([a-z0-9-]+):[^#]*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

$(STAMP): pyproject.toml constraints.txt tools/make_venv.sh
	@PYTHON="$(PYTHON)" tools/make_venv.sh "$(VENV)"
	@touch $@

repair: $(STAMP) $(if $(filter $(BOARD),$(OURS)),firmware) ## repair TARGET (default digits) into build/<target>/; with BOARD check it there
	@$(MEND) repair $(TARGET) $(FLAGS)
	@$(if $(BOARD),$(MEND) validate $(TARGET) --board $(BOARD) --model $(REPAIRED) $(CHECK))
	@$(if $(BOARD),$(MEND) emit $(TARGET) --board $(BOARD) --model $(REPAIRED))

analyze: $(STAMP) ## show what quantization cost TARGET, layer by layer
	@$(MEND) analyze $(TARGET) $(ARGS)

validate: $(STAMP) $(if $(filter $(BOARD),$(OURS)),firmware) ## count the failing tests of TARGET's int8 file and of what a repair left; on BOARD; ARGS='--against tflm'
	@$(MEND) validate $(TARGET) $(if $(BOARD),--board $(BOARD)) $(ARGS)

targets: $(STAMP) ## list the targets and whether their files are here
	@$(MEND) targets

doctor: $(STAMP) ## run a real inference on every runner and say what is missing
	@$(MEND) doctor

firmware: ## build the firmware of BOARD into build/firmware/<board>/; with a TFLite Micro of yours: ENGINE=tflm TFLM=path
	@$(if $(filter $(BOARD),$(OURS)),,echo "no firmware here for board $(or $(BOARD),(none given: BOARD=...)); there is for: $(OURS)"; exit 2)
	@$(CROSS)
	@$(MAKE) -s -C firmware_tests BOARD=$(BOARD) $(foreach p,TFLM TFLM_LIB MODEL,$(if $($p),$p="$(abspath $($p))"))

# What `make test` runs beside the firmware's own tests, in front of the others.
test: BESIDE = types
test: lint unit ## lint, types and all tests

lint: $(STAMP) ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(STAMP) ## mypy --strict
	@$(BIN)/mypy --strict

unit: $(STAMP) ## the tests alone: ARGS='tests/arith' or '-k name' picks some
	@if [ -z "$(MENDLITE_DATA)" ]; then \
	  echo "MENDLITE_DATA is not set: the tests on real models are left out (docs/TESTING.md)"; fi
	@left='$(LEFT)'; first='$(BESIDE)'; \
	  if $(CROSS); then first="$$first $(FIRMWARE_TESTS)"; \
	  elif [ -n "$(STRICT)" ]; then exit 1; \
	  else left="not device$${left:+ and $$left}"; \
	    echo "the tests on boards are left out (docs/TESTING.md)"; fi; \
	  if [ -n "$$first" ]; then $(MAKE) -s -j $(JOBS) $$first || exit 1; fi; \
	  if ! $(BROWSER); then \
	    if [ -n "$(STRICT)" ]; then exit 1; fi; left="not browser$${left:+ and $$left}"; \
	    echo "the tests in a browser are left out (docs/TESTING.md)"; fi; \
	  $(BIN)/python -m pytest -n $(JOBS) --dist loadgroup $(COVER) $${left:+-m "$$left"} $(ARGS)
	@$(if $(COVERAGE),$(BIN)/python tools/show_coverage.py)

test-firmware: ## the firmware's own tests in C: sanitizers, fuzzers, lint
	@$(MAKE) -s -j $(JOBS) $(FIRMWARE_TESTS)

firmware-unit:
	@$(MAKE) -s -C firmware_tests/unit test
	@$(MAKE) -s -C firmware_tests/unit fuzz SECONDS=10

firmware-lint:
	@$(MAKE) -s -C firmware_tests/unit lint

firmware-stub:
	@$(MAKE) -s -C firmware_tests tflm-stub-test

check-digests: $(STAMP) ## repeat every repair of tests/repaired_digests.tsv and compare the bytes (ARGS='--targets digits')
	@$(BIN)/python tools/check_digests.py --jobs $(JOBS) $(ARGS)

format: $(STAMP) ## let ruff mend what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(STAMP) ## time the replay runners and the repairs that the README quotes, into build/bench/
	@$(BIN)/python tools/bench.py $(ARGS)

bench-recover: $(STAMP) ## measure what repair recovers against its marks, into docs/benchmarks/
	@$(BIN)/python tools/bench_recover.py $(ARGS)

bench-int4: $(STAMP) ## the same for int4 files; PEERS=VENV with litert-quantizer: its algorithms beside them
	@$(BIN)/python tools/bench_recover.py --int4 $(ARGS)
	@[ -z "$(PEERS)" ] || $(BIN)/python tools/bench_int4_peers.py $(PEERS)

bench-peers: $(STAMP) ## other quantizers beside repaired files, each in an environment of its own, into docs/benchmarks/
	@. tools/peers.sh && $(BIN)/python tools/bench_peers.py $(ARGS)

bench-paper: $(STAMP) ## QNNRepair's tables on what can be had here, into docs/benchmarks/
	@tools/make_paper_networks.sh
	@$(BIN)/python tools/bench_table6.py
	@$(BIN)/python tools/bench_paper.py $(ARGS)

bench-certify: $(STAMP) ## QEBVerif's tasks and ACAS Xu, certified, into docs/benchmarks/ (hours with LIMIT=300)
	@$(BIN)/python tools/bench_certify.py mnist --limit $(or $(LIMIT),60)
	@$(BIN)/python tools/bench_certify.py acasxu --repair --limit $(or $(LIMIT),60)
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python tools/bench_certify.py workers --limit $(or $(LIMIT),300)
	@$(BIN)/python tools/bench_certify.py page

bench-dask: $(STAMP) ## replays on one and two Dask workers, and a model of the cost on 64, into docs/benchmarks/
	@$(BIN)/python tools/bench_dask.py $(ARGS)

bench-tamper: $(STAMP) ## tamper 1,000 times with a certificate and its files: all must be noticed
	@$(BIN)/python tools/bench_tamper.py $(ARGS)

bench-device: $(STAMP) ## run the MLPerf Tiny models on every board under QEMU, into docs/benchmarks/
	@$(BIN)/python tools/bench_device.py $(ARGS)

bench-device-int4: $(STAMP) ## run ResNet-8 with int8 and with int4 weights on boards under QEMU and on TFLite Micro
	@$(BIN)/python tools/bench_device_int4.py $(ARGS)

corpus: $(STAMP) ## read and replay public files, or those of FOLDER, against LiteRT and TFLite Micro
	@$(BIN)/python tools/corpus.py $(if $(FOLDER),"$(FOLDER)") $(ARGS)

fuzz-models: $(STAMP) ## try MUTANTS damaged .tflite files on everything that reads one, into build/fuzz/ (goes on where it was)
	@$(BIN)/python tools/fuzz_models.py --mutants $(or $(MUTANTS),100000) --jobs $(JOBS) $(ARGS)

bench-table6: $(STAMP) ## solve all 512 neurons of a real dense layer, into build/bench/table6.json
	@$(BIN)/python tools/bench_table6.py $(ARGS)

wheel: $(STAMP) ## build the wheel into dist/
	@$(BIN)/python -m build --wheel --outdir dist .

docs: $(STAMP) ## write docs/COMMANDS.md and the README's example output from the program
	@PYTHONPATH=toolchain $(BIN)/python tools/write_docs.py

lock: $(STAMP) ## resolve constraints.txt anew for Python 3.10 to 3.13
	@tools/lock.sh "$(BIN)"

docs-site: $(STAMP) ## build the documentation as a site into build/site/, links checked
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

examples: ## train the models of docs/examples again (needs TensorFlow in its own environment; some minutes)
	@PYTHON="$(PYTHON)" tools/make_examples.sh $(ARGS)

digits: ## make the embedded default target again (needs TensorFlow in its own environment)
	@PYTHON="$(PYTHON)" tools/make_digits_target.sh

clean: ## remove what was built; the environment stays
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache
