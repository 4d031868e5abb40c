# `make run` and `make test` each work as the first command in a fresh clone.
PYTHON ?= python3
PRESET ?= production
BIN := .venv/bin

.PHONY: setup run test bench measure docs chaos beside audit lock clean

setup: .venv/.done

# Compiled here, for where PYTHONDONTWRITEBYTECODE is set, as in many containers, each command would do it anew.
.venv/.done: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	$(BIN)/python -m compileall -q aquamind apps datagen
	touch $@

run: setup
	$(BIN)/aquamind run --preset $(PRESET)

# What a machine lacks is said, and its tests are left out: Redis for the live recomputation, a browser for the pages.
WITHOUT = $(if $(shell command -v redis-server),,tests/test_live.py) $(if $(shell command -v chromedriver),,tests/test_pages.py)

.PHONY: left-out
left-out:
	@$(if $(strip $(WITHOUT)),echo "Left out because redis-server or chromedriver is not installed: $(WITHOUT)",:)

test: left-out setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory --jobs 2 types suite

# Side by side, for types are looked at by one core.
.PHONY: types suite
types:
	$(BIN)/mypy

suite:
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(WITHOUT:%=--ignore=%)

# All but what takes long, or `make bench ONLY=scale`.
bench: setup
	$(BIN)/python -m benchmarks.run $(if $(filter command,$(origin ONLY)),--only $(ONLY))

# What the documents quote: `make measure` of all, or `make measure ONLY="guide production"`, then `make docs`.
ONLY = batch simulate likeness figures small medium guide production export export_production scale
measure: setup
	$(BIN)/python -m benchmarks.run --restore --output docs/measured --only $(ONLY)

docs: setup
	$(BIN)/python -m benchmarks.docs

chaos: setup
	$(BIN)/python -m benchmarks.chaos

beside: setup
	$(BIN)/python -m benchmarks.beside

# Tools of its own: what is audited is what the lock file pins. A report is written only of an audit of every pin.
AUDIT = .venv/audit
audit: setup
	@$(PYTHON) -m venv $(AUDIT)
	@rm -f $(AUDIT)/report.txt
	@$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check pip-audit >$(AUDIT)/log.txt 2>&1; \
	$(AUDIT)/bin/pip-audit --strict --progress-spinner off --disable-pip --require-hashes \
	    --requirement requirements.lock --output $(AUDIT)/report.txt >>$(AUDIT)/log.txt 2>&1; \
	found=$$?; \
	if [ -s $(AUDIT)/report.txt ]; then cat $(AUDIT)/report.txt; \
	elif [ $$found = 0 ]; then echo "No known weakness in what requirements.lock pins"; \
	else echo "Not audited: no answer about every pin ($(AUDIT)/log.txt ends: $$(tail -n 1 $(AUDIT)/log.txt))"; fi; \
	exit $$found

lock: setup
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --extra dev --extra cluster pyproject.toml --output-file requirements.lock

clean:
	rm -rf .venv
