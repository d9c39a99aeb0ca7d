# Two commands: `make run` starts Encore, `make test` tests it; `make check` runs the tests that fit into a minute.
# `make soak` tests it for ten minutes; `make audit` asks on the network whether a package has known vulnerabilities;
# `make lock` rewrites the lists of packages; `make image-check` builds the image and tests it.
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
COMPILED := $(VENV)/.compiled
UNPACKED := $(VENV)/.unpacked
INSTALL := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check
COMPILE := $(VENV)/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
  --no-emit-package torch --custom-compile-command "make lock" $(if $(RAISE),--upgrade-package $(RAISE))
SOAK := tests/finish/test_soundness.py tests/finish/test_seam.py tests/finish/test_band_seam.py tests/read/test_fuzz.py tests/read/test_audio_fuzz.py tests/read/test_reading.py tests/serve/test_load.py tests/serve/test_quota.py

run: $(UNPACKED) $(COMPILED)
	$(VENV)/bin/python -m bot

# Three processes even on two cores, since tests often wait.
test: $(UNPACKED) $(COMPILED) lint
	$(VENV)/bin/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

check: $(UNPACKED) $(COMPILED) lint
	$(VENV)/bin/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not slow"

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/lint-imports --no-logo
	$(VENV)/bin/mypy

soak: $(READY)
	$(VENV)/bin/python -m pytest --soak --timeout 3600 $(if $(DATA),--data $(DATA)) $(SOAK)

# From pyproject.toml; pins that still fit stay. `make lock RAISE=NAME` upgrades a package that only a lock names.
lock:
	$(PYTHON) -m venv --clear $(VENV)/lock
	$(VENV)/lock/bin/python -m pip install --quiet uv
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) --group dev -c requirements.lock -o dev.lock

image-check:
	.ci/image-check

audit: $(READY)
	$(PYTHON) -m venv --clear $(VENV)/audit
	$(VENV)/audit/bin/python -m pip install --quiet pip-audit
	$(VENV)/audit/bin/pip-audit --require-hashes --disable-pip -r requirements.lock -r dev.lock

$(READY): requirements.lock dev.lock torch.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Encore needs Python 3.11, 3.12 or 3.13: make PYTHON=python3.12 run"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv is missing: apt-get install python3-venv"; exit 1; }
	$(INSTALL) --require-hashes -r requirements.lock -r dev.lock
	$(INSTALL) -r torch.lock
	@touch $@

# Play a piece, so that the loops of a step are compiled before anybody waits for them.
$(COMPILED): $(READY) $(wildcard generation/play/loops/*.py generation/play/band/*.py) generation/play/constraints.py \
    generation/play/state.py generation/model/tokens.py
	$(VENV)/bin/python -m generation compose --seconds 5 --formats mid --out $(VENV)
	@touch $@

# Decode the piano once, and not whenever a process starts that plays it.
$(UNPACKED): $(READY) $(wildcard assets/soundfont/*.sf3) generation/finish/sound/unpack.py
	$(VENV)/bin/python -m generation.finish.sound.unpack
	@touch $@

clean:
	rm -rf $(VENV)

.PHONY: run test check lint soak lock audit image-check clean
