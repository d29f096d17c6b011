# Every target does its own set-up: on a fresh Debian or Ubuntu with Rust, `make demo` and `make test` are all there is to know.
# What they fetch goes below target/; only what a compiler needs (and python3-venv) is installed, and only where it is missing.

CARGO ?= cargo
TARGET_DIR := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
TOOLS := $(CURDIR)/target/tools

# What the tests run beside trueup itself. Set any of them to use another one.
export TRUEUP_ETCD_BIN ?= $(TOOLS)/bin/etcd
export TRUEUP_KUBECTL_BIN ?= $(TOOLS)/bin/kubectl
# One that knows sets (1.27 or newer), where there is one.
export TRUEUP_SETS_KUBECTL_BIN ?= $(TOOLS)/bin/kubectl-sets
export TRUEUP_TEST_PYTHON ?= $(TOOLS)/venv/bin/python
export TRUEUP_TEST_NODE ?= $(TOOLS)/node/bin/node

# What `make fuzz` runs, and how long each: `make fuzz FUZZ=yaml SECONDS=600`.
FUZZ ?= $(notdir $(basename $(wildcard fuzz/fuzz_targets/*.rs)))
SECONDS ?= 120

.PHONY: help demo test lint bench fuzz torture man tools build-tools lint-tools clean-tools

help:
	@echo 'make demo     build trueup and show it at work on examples/shop'
	@echo 'make test     run the whole test suite, a real etcd, kubectl, the Python and the JavaScript client included'
	@echo 'make lint     check format, lints and dependencies'
	@echo 'make bench    measure what docs/performance.md reports'
	@echo 'make fuzz     run the fuzz targets, two minutes each (FUZZ=yaml SECONDS=600 for one, ten minutes)'
	@echo 'make torture  watch and write at full size while servers are killed (takes minutes)'
	@echo 'make man      write the manual pages to target/man/man1'
	@echo 'make tools    only fetch what the others need'

demo: build-tools
	$(CARGO) build --locked
	tools/demo $(TARGET_DIR)/debug/trueup

test: build-tools
	tools/test-tools
	$(CARGO) test --locked

lint: build-tools lint-tools
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets --locked -- -D warnings
	tools/deny

bench: build-tools
	tools/test-tools
	$(CARGO) bench --locked --bench budgets

# Needs rustup for the nightly toolchain. The versions are those of the ordinary build. What is found goes to fuzz/found (and a failure to
# fuzz/artifacts); docs/contributing.md says what becomes of it.
fuzz: build-tools
	rustup toolchain install nightly --profile minimal
	[ -x $(TOOLS)/bin/cargo-fuzz ] || $(CARGO) install cargo-fuzz --version 0.13.2 --locked --root $(TOOLS)
	cp Cargo.lock fuzz/Cargo.lock
	set -e; for target in $(FUZZ); do \
		mkdir -p fuzz/found/$$target; \
		PATH="$(TOOLS)/bin:$$PATH" $(CARGO) +nightly fuzz run --sanitizer none --debug-assertions $$target fuzz/found/$$target fuzz/corpus/$$target -- \
			-max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=2048 -max_len=16384; \
	done

torture: build-tools
	tools/test-tools
	TRUEUP_TORTURE=full $(CARGO) test --locked --test it torture:: -- --nocapture --test-threads 1

man: build-tools
	$(CARGO) run --locked -- man $(TARGET_DIR)/man/man1

tools: build-tools lint-tools
	tools/test-tools

build-tools:
	@tools/build-tools

lint-tools:
	@tools/build-tools rustfmt clippy
	@tools/deny --install

clean-tools:
	rm -rf target/tools
