# make demo    the whole program on the embedded collection
# make study   the whole comparison on it, with a report
# make test    the test suite
# make lint    the linters
# make lock    exact versions anew, from the ranges (needs uv)
PYTHON ?= python3
VENV := .venv
INSTALLED := $(VENV)/installed-$(shell cksum < requirements.lock | cut -d' ' -f1)

.PHONY: demo study test lint lock
demo: $(INSTALLED)
	$(VENV)/bin/python launch/train.py --config=configs/vade.py

study: $(INSTALLED)
	$(VENV)/bin/python launch/study.py --config=configs/study.py

test: $(INSTALLED)
	$(VENV)/bin/python -m pytest

lint: $(INSTALLED)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

lock:
	uv pip compile --universal --python-version 3.11 --no-header --no-emit-index-url \
	  --quiet requirements-dev.txt --output-file requirements.lock

$(INSTALLED): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is older than Python 3.11. Name a newer one: make demo PYTHON=python3.12"; \
	  exit 1; }
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	touch $@
