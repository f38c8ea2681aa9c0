# Everything sets itself up: a virtual environment, Python packages, and the Debian packages of the embedded lab.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
SOURCES := labgen tests benchmarks scripts
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SYSTEM_STAMP := $(VENV)/.system-packages
TEST_STAMP := $(VENV)/.test-packages
KERNEL_STAMP := $(VENV)/.kernel-packages
# What tests need beside what labs need: peers on the wire, an ordinary user's namespaces, shells, a browser (axe-core comes from npm), a compiler.
TEST_PACKAGES := tcpdump tshark uidmap zsh fish chromium gcc libc6-dev
# A kernel with VRFs, as an ordinary process, for this machine's may have none; where it cannot be had, its tests are skipped.
KERNEL_PACKAGES := user-mode-linux kmod
NETLAB := .venv-netlab
NETLAB_STAMP := $(NETLAB)/.installed
export LABGEN_NETLAB ?= $(CURDIR)/$(NETLAB)/bin/netlab
MISSING := import json, sys; print(*sorted({p for i in json.load(sys.stdin)["items"] if i["state"] == "missing" for p in i["packages"]}))
# Tests start labgen hundreds of times; where this is set, each start compiles all of it anew, which is half of the time of the whole suite.
export PYTHONDONTWRITEBYTECODE :=
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: demo native test test-all test-kernel test-vrf test-fast check format lint types bench readme lock reference reference-check coverage audit fuzz clean help docs

help:
	@echo "make demo    build the flagship lab, boot it, verify it, print the verdict"
	@echo "make test-fast  run the tests that need no lab, nothing of the system and little time"
	@echo "make test    run the tests, of each kind of lab one"
	@echo "make test-all  run all tests but those of a kernel of its own"
	@echo "make test-kernel  run the tests of a kernel of its own, and two scenarios in it"
	@echo "make test-vrf  run all that needs VRFs in a kernel of its own (half an hour)"
	@echo "make check   format, lint, types, reference pages, test-kernel and test-all: what CI runs"
	@echo "make coverage  measure the branches of verify and devices that the fast tests traced by tests/branches.py reach; make check does so as it runs them"
	@echo "make reference  write docs/reference from the code"
	@echo "make native  compile labgen-relay's forwarding path and the reading of captures (gcc); both do the same without, slower"
	@echo "make bench   run the benchmarks"
	@echo "make fuzz    fuzz every reader of foreign input, a minute each (SECONDS=3600 for an hour)"
	@echo "make audit   licences, known faults and a reproducible wheel"
	@echo "make docs    build the documentation as a site"
	@echo "make readme  fill the README's capture and tables from real runs"

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

# While packages are installed, policy-rc.d keeps their services from starting on this machine.
define install
policy=/usr/sbin/policy-rc.d; \
if [ ! -e $$policy ]; then \
    trap "$(SUDO) rm -f $$policy" EXIT; \
    printf '#!/bin/sh\nexit 101\n' | $(SUDO) tee $$policy >/dev/null; $(SUDO) chmod 755 $$policy; \
fi; \
$(SUDO) apt-get update -q >/dev/null && \
$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing >/dev/null || exit 1
endef

# labgen itself knows what is missing; nothing is asked of apt when all is there.
$(SYSTEM_STAMP): $(STAMP)
	@missing=$$($(BIN)/labgen doctor --format json | $(BIN)/python -c '$(MISSING)'); \
	if [ -n "$$missing" ]; then echo "installing:" $$missing; $(install); fi
	@touch $@

$(TEST_STAMP): $(STAMP)
	@missing=$$(for each in $(TEST_PACKAGES); do dpkg-query -W -f '$${db:Status-Status}\n' $$each 2>/dev/null | grep -qx installed || echo $$each; done); \
	if [ -n "$$missing" ]; then echo "installing:" $$missing; $(install); fi
	@touch $@

# Nothing fails where there is no such kernel for this machine: its tests say that they were skipped.
$(KERNEL_STAMP): $(STAMP)
	@missing=$$(for each in $(KERNEL_PACKAGES); do dpkg-query -W -f '$${db:Status-Status}\n' $$each 2>/dev/null | grep -qx installed || echo $$each; done); \
	if [ -n "$$missing" ]; then echo "installing:" $$missing; ( $(install) ) || echo "no kernel of its own: $$missing cannot be had"; fi
	@touch $@

# networklab pins its own dependencies, so it lives apart; the tests that need it find it here.
$(NETLAB_STAMP):
	$(PYTHON) -m venv $(NETLAB)
	$(NETLAB)/bin/python -m pip install --quiet --disable-pip-version-check 'networklab>=26.3'
	@touch $@

# labgen-relay's forwarding path and the reading of captures, compiled in place; nothing needs them.
native: $(STAMP)
	$(BIN)/labgen-relay compile
	$(BIN)/labgen compile

demo: $(SYSTEM_STAMP)
	$(BIN)/labgen run evpn-redundant-server

# Labs mostly wait: more processes than cores. tests/conftest.py keeps the tests of one lab together and starts them first.
PYTEST_FLAGS ?= -n 6 --dist loadgroup --no-loadscope-reorder
FAST := not lab and not netlab and not containerlab and not reference and not uml and not docker

# In a new clone the tests are compiled once before, not by every process for itself.
CHOSEN := not uml and not deep
test: $(SYSTEM_STAMP) $(TEST_STAMP) $(NETLAB_STAMP)
	@test -d tests/__pycache__ || $(BIN)/python -m pytest --collect-only -q >/dev/null
	LABGEN_BRANCHES=$(BRANCHES) $(BIN)/python -m pytest $(PYTEST_FLAGS) -m "$(CHOSEN)"

# With further members of the kinds that make test tries once: each sabotage, pair of servers and page in a lab of its own.
test-all: CHOSEN := not uml
test-all: test

# A kernel as a process computes where labs wait: beside them it would make all of them late.
test-kernel: $(SYSTEM_STAMP) $(TEST_STAMP) $(KERNEL_STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m uml

# What took longer than a second is named at the end: a test that does so by itself is marked slow.
test-fast: $(STAMP)
	$(BIN)/python -m pytest -q -n auto -m "$(FAST) and not slow" --durations=5 --durations-min=1

coverage: $(STAMP)
	LABGEN_BRANCHES=1 $(BIN)/python -m pytest -q -n auto -m "$(FAST)" tests/verify tests/devices tests/analyze tests/plan

test-vrf: $(SYSTEM_STAMP) $(TEST_STAMP) $(KERNEL_STAMP)
	LABGEN_TEST_VRF=1 $(BIN)/python -m pytest -m uml --durations=0

format: $(STAMP)
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

lint: $(STAMP)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/lint-imports

types: $(STAMP)
	$(BIN)/mypy
	$(BIN)/mypy tests/conftest.py

# While all tests run, those of checks and devices are traced: what they reach is held to a floor (tests/branches.py).
check: BRANCHES := 1
check: lint types reference-check docs test-kernel test-all

bench: $(SYSTEM_STAMP)
	@for bench in lab relay analyze build; do echo "== benchmarks/$$bench.py"; $(BIN)/python benchmarks/$$bench.py || exit 1; done

# The site in site/; a warning is an error (mkdocs.yml).
docs: $(STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

# The versions everything was last tested with; `uv sync --extra dev` installs them.
lock:
	uv lock

reference: $(STAMP)
	$(BIN)/python scripts/reference.py

reference-check: $(STAMP)
	$(BIN)/python scripts/reference.py --check

SECONDS ?= 60
fuzz: $(STAMP)
	$(BIN)/python benchmarks/fuzz.py --seconds $(SECONDS)

# Runs every scenario and puts what it printed and measured into README.md.
readme: $(SYSTEM_STAMP)
	$(BIN)/python benchmarks/readme.py

# What labgen stands on when it runs: licences one may ship beside MIT, known faults, and a wheel that is the same each time it is built.
AUDIT := .venv-audit
LICENCES := MIT;MIT License;MIT-0;MIT-CMU;BSD;BSD License;BSD-2-Clause;BSD-3-Clause;ISC;Apache-2.0;Apache Software License;PSF-2.0;Python Software Foundation License;MPL-2.0;Mozilla Public License 2.0 (MPL 2.0);LGPL-2.1;GNU Library or Lesser General Public License (LGPL)

audit: $(STAMP)
	@test -d $(AUDIT) || $(PYTHON) -m venv $(AUDIT)
	@$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check . pip-licenses pip-audit build hatchling
	$(AUDIT)/bin/pip-licenses --partial-match --allow-only='$(LICENCES)' --format=csv >/dev/null
	@rm -rf $(AUDIT)/one $(AUDIT)/two
	@for place in one two; do $(AUDIT)/bin/python -m build --quiet --no-isolation --wheel --outdir $(AUDIT)/$$place . >/dev/null || exit 1; done
	cd $(AUDIT) && cmp one/*.whl two/*.whl && sha256sum one/*.whl
	$(AUDIT)/bin/pip-audit --progress-spinner off --skip-editable

clean:
	rm -rf $(VENV) $(NETLAB) $(AUDIT) .mypy_cache .ruff_cache .pytest_cache .hypothesis
