# make demo    the whole program on the embedded collection
# make study   the whole comparison on it, with a report
# make test    the test suite
# make lint    the linters
# make docs    the documentation as pages, in data/site
# make notebook  the example of data/notebooks, run anew
# make lock    exact versions anew, from the ranges (needs uv)
PYTHON ?= python3
VENV := .venv
# It asks for an older orbax-checkpoint, which it does not use.
ALONE := jax2onnx==0.17.1
INSTALLED := $(VENV)/installed-$(shell (echo $(ALONE); cat requirements.lock) | cksum | cut -d' ' -f1)
DOCUMENTED := $(VENV)/documented-$(shell cat requirements.lock requirements-docs.txt | cksum | cut -d' ' -f1)

.PHONY: demo study test lint docs notebook lock
demo: $(INSTALLED)
	$(VENV)/bin/python launch/train.py --config=configs/vade.py

study: $(INSTALLED)
	$(VENV)/bin/python launch/study.py --config=configs/study.py

test: $(INSTALLED)
	$(VENV)/bin/python -m pytest

lint: $(INSTALLED)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

docs: $(DOCUMENTED)
	$(VENV)/bin/sphinx-build --quiet --fail-on-warning --keep-going --fresh-env \
	  --doctree-dir data/cache/docs .docs data/site
	@echo "Open data/site/index.html"

notebook: $(DOCUMENTED)
	$(VENV)/bin/jupytext --quiet --update --to ipynb data/notebooks/songs.py
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" TQDM_DISABLE=1 PYTHONWARNINGS="ignore:IProgress" \
	  $(VENV)/bin/jupyter-execute --inplace --timeout=3600 data/notebooks/songs.ipynb

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
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps $(ALONE)
	touch $@

$(DOCUMENTED): $(INSTALLED) requirements-docs.txt
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
	  -r requirements-docs.txt -c requirements.lock
	touch $@
