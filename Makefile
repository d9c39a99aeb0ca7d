# Two commands: `make run` starts Encore, `make test` checks it.
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready

run: $(READY)
	$(VENV)/bin/python -m bot

test: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/python -m pytest

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Encore needs Python 3.11, 3.12 or 3.13: make PYTHON=python3.12 run"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv is missing: apt-get install python3-venv"; exit 1; }
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@touch $@

clean:
	rm -rf $(VENV)

.PHONY: run test clean
