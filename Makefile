# Callbox: bare `make` prints this menu. Everything a target needs it installs by itself.

.DEFAULT_GOAL := menu
SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
STAMP := .stamp

RUN_PACKAGES := gcc make pkg-config python3 python3-venv python3-dev libspandsp-dev \
	libspeexdsp-dev libtiff-dev libasound2-dev libogg0 libopus0 libopus-dev nettle-dev espeak-ng libtonezone2.0 baresip
TEST_PACKAGES := ffmpeg opus-tools sox sip-tester pulseaudio libasound2-plugins e2fsprogs \
	mount procps minimodem tshark linphone-cli dnsmasq-base
BROWSER_PACKAGES := chromium chromium-driver
# PyPI has MicroPython for x86-64 only; elsewhere the simulated line board needs the system's own.
ifneq ($(shell uname -m),x86_64)
BOARD_PACKAGES := micropython
endif

SWITCH := hal/switch/_switch.abi3.so
SWITCH_SOURCES := $(wildcard hal/switch/*.[ch]) hal/switch/build.py

.PHONY: menu
menu: ## this menu
	@echo "Callbox"
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

# -- what everything stands on ------------------------------------------------------------------
# Stamps say what is done, so that a second `make run` starts at once. Order-only where a newer
# file does not make the older one wrong.

.NOTPARALLEL:

$(STAMP)/debian-run: Makefile tools/debian.sh
	@mkdir -p $(STAMP)
	@tools/debian.sh $(RUN_PACKAGES) --optional $(BOARD_PACKAGES)
	@touch $@

$(STAMP)/debian-test: Makefile tools/debian.sh $(STAMP)/debian-run
	@tools/debian.sh $(TEST_PACKAGES) --optional $(BROWSER_PACKAGES)
	@touch $@

# An environment holds absolute paths and belongs to one Python: when the working copy moves or the
# system gets another Python it is made anew. Looked at each time, touched only then.
$(STAMP)/venv: FORCE | $(STAMP)/debian-run
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "python3 is $$(python3 -V): Callbox needs Python 3.11 or newer." >&2; exit 1; }
	@wanted="$(CURDIR) $$(python3 -V)"; \
	if test -x $(PY) && test "$$(cat $@ 2>/dev/null)" = "$$wanted"; then exit 0; fi; \
	echo "== Python environment in $(VENV)"; \
	if test -e $@; then clear=--clear; fi; \
	rm -f $@ && python3 -m venv $$clear $(VENV) && echo "$$wanted" > $@

$(STAMP)/python-run: $(STAMP)/venv pyproject.toml
	@echo "== Python packages (box and simulation)"
	@$(PY) -m pip install --progress-bar off -e '.[sim]'
	@touch $@

$(STAMP)/python-test: $(STAMP)/python-run pyproject.toml board/manifest.json
	@echo "== Python packages (tests)"
	@$(PY) -m pip install --progress-bar off -e '.[sim,dev]'
	@echo "== micropython-lib parts of the line board"
	@$(PY) -m tools.hatsim.fetch_lib
	@touch $@

$(SWITCH): $(SWITCH_SOURCES) | $(STAMP)/python-run
	@echo "== the switch (C)"
	@$(PY) hal/switch/build.py

.PHONY: ready ready-test FORCE
ready: $(STAMP)/python-run $(SWITCH)
ready-test: $(STAMP)/debian-test $(STAMP)/python-test $(SWITCH)

# -- for the user --------------------------------------------------------------------------------

.PHONY: run
run: ready ## the whole box with simulated lines, web page included (DEMO_AGENTS=0: no demo agents)
	@$(PY) -m firmware.up $(if $(filter 0,$(DEMO_AGENTS)),--no-demo-agents)

.PHONY: test
test: ready-test ## all tests in two workers: first those of the rooms, then whole boxes
	@$(PY) -m pytest -q -n 2 --dist loadfile --ignore tests/scenarios
	@$(PY) -m pytest -q -n 2 --dist loadfile tests/scenarios

.PHONY: check
check: ready-test lint types test ## all a reviewer would run: format, lint, types, C warnings, tests

.PHONY: lint
lint: $(STAMP)/python-test ## ruff: format and lint
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .

.PHONY: format
format: $(STAMP)/python-test ## ruff: write the format
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

.PHONY: types
types: $(STAMP)/python-test ## mypy --strict on host code
	@$(VENV)/bin/mypy

.PHONY: scenario
scenario: ready-test ## the whole-box scenarios only, told line by line
	@$(PY) -m pytest -m scenario -v

.PHONY: diagrams
diagrams: ready-test ## draw the state tables into the README
	@$(PY) -m tools.diagrams

.PHONY: flash-image
flash-image: ready-test ## .mpy files and file-system image of the HAT
	@$(PY) -m tools.hatsim.flash_image

.PHONY: bench
bench: ready-test ## figures: CPU per call, delay, late ticks, call set-ups a second
	@$(PY) -m tools.bench

.PHONY: bench-memory
bench-memory: ready-test ## memory after 100 000 calls and 100 000 junk packets (about 25 minutes)
	@$(PY) -m tools.bench.memory

.PHONY: soak
soak: ready-test ## a million random events through the queue core; all that can die does, in calls (8 min)
	@$(PY) -m tools.soak.queue
	@$(PY) -m pytest -q tests/scenarios/soak_*.py

.PHONY: clean
clean: ## forget what was built (not the recordings or the configuration in run/)
	rm -rf $(STAMP) build dist *.egg-info hal/switch/_switch* .pytest_cache .mypy_cache .ruff_cache
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
