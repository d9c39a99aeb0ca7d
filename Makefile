# Two commands: `make run` starts Encore, `make test` checks it. `make soak` tries it for ten minutes; `make audit` asks
# on the network whether a package is known to be unsafe.
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
COMPILED := $(VENV)/.compiled
SOAK := tests/finish/test_soundness.py tests/read/test_fuzz.py tests/read/test_reading.py tests/serve/test_load.py

run: $(COMPILED)
	$(VENV)/bin/python -m bot

test: $(COMPILED)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/python -m pytest

soak: $(READY)
	$(VENV)/bin/python -m pytest --soak $(if $(DATA),--data $(DATA)) $(SOAK)

audit: $(READY)
	$(PYTHON) -m venv --clear $(VENV)/audit
	$(VENV)/audit/bin/python -m pip install --quiet pip-audit
	$(VENV)/audit/bin/pip-audit --require-hashes --disable-pip -r requirements.lock

$(READY): requirements.lock torch.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Encore needs Python 3.11, 3.12 or 3.13: make PYTHON=python3.12 run"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv is missing: apt-get install python3-venv"; exit 1; }
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r torch.lock
	@touch $@

# A piece, so that the loops of a step lie there compiled before anybody waits for them.
$(COMPILED): $(READY) $(wildcard generation/play/loops/*.py) generation/play/constraints.py generation/model/tokens.py
	$(VENV)/bin/python -m generation compose --seconds 5 --formats mid --out $(VENV)
	@touch $@

clean:
	rm -rf $(VENV)

.PHONY: run test soak audit clean
