# Regulars: what a person or a machine does with a fresh clone. Needs git, make and Python 3.11 or
# later with venv; everything else is installed into .venv from the hashed lock files, through
# whatever pip configuration the machine has.

PYTHON ?= python3
VENV := .venv
STAMPS := $(VENV)/.stamps
# A folder of PostgreSQL programs to test on, instead of the embedded and all installed ones.
PG_BIN ?=
POSTGRES := $(if $(PG_BIN),$(PG_BIN),every)
# More arguments for pytest, such as ARGS="-k refund -x".
ARGS ?=

PIP_INSTALL := $(VENV)/bin/python -m pip install -qq --disable-pip-version-check
INSTALL_LOCKED := $(PIP_INSTALL) --require-hashes --no-deps --only-binary=:all:
INSTALL_SELF := $(PIP_INSTALL) --no-deps --no-build-isolation --editable .

LOCK_VENV := build/lock-venv
PIP_COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(LOCK_VENV)/bin/pip-compile --quiet --no-config \
	--generate-hashes --allow-unsafe --strip-extras --build-deps-for=editable \
	--no-emit-options --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

# The sources of the engine, which `make compiled` builds as C extensions beside them.
ENGINE := $(shell find src/regulars/core -name '*.py')

.PHONY: up test lint compiled in-python compiled-if-possible bench bench-science science crash lock lock-peers check-wheels clean tools
.DELETE_ON_ERROR:

# make up [DATA=file [MAPPING=file]]: install what is missing, then run the product until it is
# stopped, filled with the demo or with an export of orders. An engine that was compiled is kept up
# to date with its sources.
up: $(STAMPS)/runtime
	@if [ -f $(STAMPS)/compiled ]; then $(MAKE) --no-print-directory compiled; fi
	@exec $(VENV)/bin/regulars up $(if $(DATA),--data $(DATA)) $(if $(MAPPING),--mapping $(MAPPING))

# make test [PG_BIN=folder] [ARGS=...]: all checks; pytest last, so that its summary closes.
# Small arrays gain nothing from a second thread of linear algebra, which spins while it waits.
test: in-python lint
	@OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest --postgres=$(POSTGRES) $(ARGS)

lint: $(STAMPS)/dev
	@echo "lint: style"
	@$(VENV)/bin/ruff check --quiet .
	@echo "lint: format"
	@$(VENV)/bin/ruff format --quiet --check .
	@echo "lint: types"
	@$(VENV)/bin/mypy --no-error-summary
	@echo "lint: floors and doors"
	@$(VENV)/bin/lint-imports

# make compiled: build the engine as C extensions; they are used from then on. It takes a C compiler
# and Python's headers (Debian: gcc python3-dev). make in-python goes back.
compiled:
	@if [ -f $(STAMPS)/compiled ] && ! $(VENV)/bin/python -c 'import regulars' 2>/dev/null; then \
		rm $(STAMPS)/compiled; \
	fi
	@$(MAKE) --no-print-directory $(STAMPS)/compiled

in-python:
	@find src -name '*.so' -delete
	@rm -f $(STAMPS)/compiled src/regulars/core/compiled_from.txt

compiled-if-possible: $(STAMPS)/dev
	@if command -v cc >/dev/null && $(VENV)/bin/python -c 'import os, sys, sysconfig; \
		sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))'; then \
		$(MAKE) --no-print-directory compiled; \
	else \
		echo "no C compiler, or no headers of Python: the engine stays in Python"; \
	fi

# make bench [FIGURES=a,b]: measure the published figures, all or those named, with the engine
# compiled where that is possible.
bench: compiled-if-possible
	@$(VENV)/bin/python -m bench $(if $(FIGURES),--figures $(FIGURES))

# make bench-science [FIGURES=a,b]: measure the figures of the science beside its peers, which are
# installed into build/science-peers from a lock of their own.
bench-science: $(STAMPS)/dev
	@$(VENV)/bin/python -m bench.science $(if $(FIGURES),--figures $(FIGURES))

# make science: install what `regulars science` needs beside what the product needs.
science: $(STAMPS)/science

# make crash: kill the product in the middle of its work, again and again, and prove the books.
crash: $(STAMPS)/dev
	@$(VENV)/bin/python -m bench.crash $(ARGS)

# make lock: resolve the dependencies of pyproject.toml anew. `make check-wheels` comes after.
lock: $(LOCK_VENV)/.stamp
	@echo "lock: requirements.lock"
	@$(PIP_COMPILE) --output-file requirements.lock pyproject.toml
	@echo "lock: requirements-science.lock"
	@$(PIP_COMPILE) --extra science --constraint requirements.lock \
		--output-file requirements-science.lock pyproject.toml
	@echo "lock: requirements-dev.lock"
	@$(PIP_COMPILE) --extra dev --extra science --constraint requirements-science.lock \
		--output-file requirements-dev.lock pyproject.toml

# make lock-peers: resolve anew what the science is compared with. xgboost comes with causalml and
# runs without its 300 MB for several graphics cards, which pip-compile warns of.
lock-peers: $(LOCK_VENV)/.stamp
	@echo "lock: bench/science/requirements-peers.lock"
	@CUSTOM_COMPILE_COMMAND="make lock-peers" $(LOCK_VENV)/bin/pip-compile --quiet --no-config \
		--generate-hashes --strip-extras --pip-args='--only-binary=:all:' \
		--unsafe-package nvidia-nccl-cu12 --no-emit-options --no-emit-index-url \
		--no-emit-find-links --no-emit-trusted-host \
		--output-file bench/science/requirements-peers.lock bench/science/requirements-peers.txt
	@sed -i '/^# WARNING: The following packages were not pinned/,$$d' \
		bench/science/requirements-peers.lock

# make check-wheels: every pin has a wheel, with a recorded hash, for each Python we promise.
check-wheels: $(STAMPS)/dev
	@for version in 3.11 3.12 3.13; do \
		echo "wheels for Python $$version"; \
		$(INSTALL_LOCKED) --dry-run --ignore-installed --target build/wheels \
			--python-version $$version --implementation cp \
			--requirement requirements-dev.lock || exit 1; \
	done

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf .import_linter_cache src/*.egg-info bench/out
	find src -name '*.so' -delete
	rm -f src/regulars/core/compiled_from.txt

# What a machine must bring, each missing thing named with the Debian package that has it.
tools:
	@missing=""; \
	command -v git >/dev/null || missing="$$missing git"; \
	if ! command -v $(PYTHON) >/dev/null; then missing="$$missing python3 python3-venv"; \
	elif ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
		echo "Python 3.11 or later is needed; $(PYTHON) is $$($(PYTHON) -V 2>&1)." >&2; \
		echo "Name another one: make PYTHON=python3.12 ..." >&2; exit 1; \
	elif ! $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null; then \
		missing="$$missing python3-venv"; \
	fi; \
	if [ -n "$$missing" ]; then \
		echo "Missing on this machine:$$missing" >&2; \
		echo "On Debian or Ubuntu: sudo apt-get install$$missing" >&2; exit 1; \
	fi

# The tools are looked at only when there is something to install.
$(VENV)/bin/python:
	@$(MAKE) --no-print-directory tools
	@echo "install: virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(STAMPS)/runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "install: packages of requirements.lock"
	@$(INSTALL_LOCKED) --requirement requirements.lock
	@echo "install: regulars itself"
	@$(INSTALL_SELF)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: requirements-dev.lock $(STAMPS)/runtime
	@echo "install: packages of requirements-dev.lock"
	@$(INSTALL_LOCKED) --requirement requirements-dev.lock
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/compiled: setup.py $(ENGINE) $(STAMPS)/dev
	@echo "build: the engine as C extensions"
	@find src -name '*.so' -delete
	@rm -f src/regulars/core/compiled_from.txt
	@REGULARS_COMPILE=1 MYPYPATH=src $(VENV)/bin/python setup.py -q build_ext --inplace
	@touch $@

$(STAMPS)/science: requirements-science.lock $(STAMPS)/runtime
	@echo "install: packages of requirements-science.lock"
	@$(INSTALL_LOCKED) --requirement requirements-science.lock
	@mkdir -p $(STAMPS) && touch $@

$(LOCK_VENV)/.stamp:
	@$(PYTHON) -m venv $(LOCK_VENV)
	@$(LOCK_VENV)/bin/python -m pip install -qq --disable-pip-version-check 'pip-tools==7.6.2'
	@touch $@
