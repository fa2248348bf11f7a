# Everything a developer does here, each from nothing but Rust and Python >= 3.10. `make help` lists it.
SHELL := bash
.DEFAULT_GOAL := help

# Devices to build: `cpu`, or `all` for every device that this version knows.
DEVICES ?= cpu
ALL_DEVICES := ndarray,wgpu
FEATURES = $(if $(filter all,$(DEVICES)),--features $(ALL_DEVICES))
# Clippy reads every dependency anew: without the hundreds that come with GPUs.
LINTED = $(if $(filter all,$(DEVICES)),--features ndarray)
# What the tests of GPUs run on; `make test-gpu GPU=gpu` takes the machine's own.
GPU ?= gpu:software

# Any Python >= 3.10 that runs; PYTHON=... chooses one.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.10 python3.14 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# Outside the clone, so that a second clone starts from the first one's dependencies.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/keraburn/target
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
# cargo and maturin must name the same interpreter: pyo3 is compiled anew whenever it changes.
export PYO3_PYTHON := $(CURDIR)/$(BIN)/python

RUST_SOURCES := $(shell find src -name '*.rs') Cargo.toml Cargo.lock
BUILT := $(VENV)/.built-$(DEVICES)

.PHONY: help demo test test-gpu test-rust lint build bench bench-gpu wheel format clean

help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 11
	@echo "DEVICES=all builds every device; SLOW=1 runs the slow tests too; ARGS=... is handed to pytest."

demo: $(BUILT) $(VENV)/.demo ## build, then train three networks on real data
	$(BIN)/python demo/main.py

test: $(BUILT) $(VENV)/.test $(if $(SLOW),test-rust) ## build, then run the tests (SLOW=1: all of them)
	$(BIN)/python -m pytest $(if $(SLOW),-m "not benchmark and not gpu") $(ARGS)

test-gpu: ## build with every device, then run the tests of GPUs (GPU=gpu: on this machine's own)
	$(MAKE) --no-print-directory DEVICES=all build $(VENV)/.test
	KERABURN_TEST_GPU=$(GPU) $(BIN)/python -m pytest -m gpu $(ARGS)

# Without the module for Python, which would have to link Python itself.
test-rust: $(VENV)/.ready ## run the unit tests of the crate
	cargo test --locked --release --lib --no-default-features $(FEATURES)

lint: $(BUILT) $(VENV)/.test $(VENV)/.lint ## rustfmt, clippy, ruff, mypy and stubtest
	cargo fmt --check
	cargo clippy --locked --release --all-targets $(LINTED) -- -D warnings
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest keraburn._core

format: $(VENV)/.lint ## let rustfmt and ruff rewrite the sources
	cargo fmt
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

build: $(BUILT) ## compile the core and install it into .venv

bench: $(BUILT) ## time our kernels and networks
	$(BIN)/python -m tests.benchmarks $(ARGS)

bench-gpu: ## build with every device, then time networks on this machine's GPU, beside PyTorch where it is installed
	$(MAKE) --no-print-directory DEVICES=all build
	$(BIN)/python -m tests.benchmarks.gpu $(ARGS)

# What is released has every device.
wheel: DEVICES := $(if $(filter file,$(origin DEVICES)),all,$(DEVICES))
wheel: $(VENV)/.ready ## build a wheel with every device into dist/ (DEVICES=cpu: without)
	$(BIN)/maturin build --locked --release $(FEATURES) --compression-level 9 --out dist

clean: ## remove what was made here (cargo's target directory stays)
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache python/keraburn/_core*.so
	find python tests demo -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/.ready:
	@test -n "$(PYTHON)" || { echo "keraburn needs Python >= 3.10 on the PATH (or PYTHON=...)" >&2; exit 1; }
	@command -v cargo >/dev/null || { echo "keraburn needs Rust: https://rustup.rs" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) 'maturin>=1.16,<2'
	@touch $@

# One stamp at a time: what was built last is what is installed.
$(BUILT): $(VENV)/.ready $(RUST_SOURCES) pyproject.toml
	@rm -f $(VENV)/.built-*
	$(BIN)/maturin develop --locked --release $(FEATURES)
	@# As pip does for a wheel; without bytecode each start would compile the package anew.
	@$(BIN)/python -m compileall -q python/keraburn
	@touch $@

# The package is installed by now, so pip reads the extras from its metadata.
$(VENV)/.demo $(VENV)/.test $(VENV)/.lint: $(VENV)/.%: pyproject.toml | $(BUILT)
	$(PIP) 'keraburn[$*]'
	@touch $@
