# Everything sets itself up: a virtual environment, Python packages, and the Debian packages of the embedded lab.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SYSTEM_STAMP := $(VENV)/.system-packages
PACKAGES := $(shell grep -v '^\#' packages.txt)
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: demo test check format lint types bench clean help

help:
	@echo "make demo    build the flagship lab, boot it, verify it, print the verdict"
	@echo "make test    run the tests"
	@echo "make check   format, lint, types, tests: what CI runs"
	@echo "make bench   run the benchmarks"

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

# dpkg tells what is missing; nothing is asked of apt when all is there.
$(SYSTEM_STAMP): packages.txt $(STAMP)
	@missing=$$(for p in $(PACKAGES); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then \
	    echo "installing:" $$missing; \
	    printf '#!/bin/sh\nexit 101\n' > $(VENV)/policy-rc.d; chmod +x $(VENV)/policy-rc.d; \
	    had_policy=; [ -e /usr/sbin/policy-rc.d ] && had_policy=1; \
	    [ -n "$$had_policy" ] || $(SUDO) install -m 755 $(VENV)/policy-rc.d /usr/sbin/policy-rc.d; \
	    $(SUDO) apt-get update -q >/dev/null && \
	    $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing >/dev/null; status=$$?; \
	    [ -n "$$had_policy" ] || $(SUDO) rm -f /usr/sbin/policy-rc.d; \
	    [ $$status = 0 ] || exit $$status; \
	fi
	@touch $@

demo: $(SYSTEM_STAMP)
	$(BIN)/labgen run evpn-redundant-server

test: $(SYSTEM_STAMP)
	$(BIN)/python -m pytest

format: $(STAMP)
	$(BIN)/ruff format labgen tests benchmarks
	$(BIN)/ruff check --fix labgen tests benchmarks

lint: $(STAMP)
	$(BIN)/ruff format --check labgen tests benchmarks
	$(BIN)/ruff check labgen tests benchmarks

types: $(STAMP)
	$(BIN)/mypy

check: lint types test

bench: $(SYSTEM_STAMP)
	@for bench in benchmarks/*.py; do echo "== $$bench"; $(BIN)/python $$bench || exit 1; done

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
