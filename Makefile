# make demo · make test · make contracts · make lint · make bench · make lock
# Each target sets itself up in .venv; nothing but Python 3.11 and make has to be there before.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test contracts lint types bench bench-setup lock wheel clean

help:
	@echo "make demo    the main job on the sample cohort; opens with demo-output/index.html"
	@echo "make test    install and run every check and test"
	@echo "make contracts  the vendors' own clients, old and new (COUNTENANCE_CLIENT_SCRIPTS=folder for scripts of yours)"
	@echo "make bench   the benchmark tables (LFW_VIEW1=folder for the accuracy rows)"
	@echo "make lock    compile requirements/*.txt again (hashes, no index address)"

# The locks are installed with hashes; the package itself without any resolving.
$(VENV)/.run: requirements/run.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --require-hashes --only-binary :all: -r requirements/run.txt
	$(PIP) install --quiet --require-hashes --only-binary :all: -r requirements/build.txt
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	$(PIP) install --quiet --require-hashes --only-binary :all: -r requirements/dev.txt
	touch $@

demo: $(VENV)/.run
	$(BIN)/countenance demo --output demo-output

lint: $(VENV)/.dev
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/lint-imports
	$(BIN)/mypy

# Pages are tested in a real Chromium. On Debian, as root, it is installed; elsewhere it has to be there.
$(VENV)/.chromium:
	command -v chromium >/dev/null || { apt-get update -q && apt-get install -q -y --no-install-recommends chromium fonts-liberation; }
	mkdir -p $(VENV) && touch $@

test: lint $(VENV)/.chromium
	$(BIN)/python -m pytest -n 2 --dist loadfile

# The vendors' own clients, old and new, each in an environment of its own, against a served demonstration.
contracts: $(VENV)/.dev
	$(BIN)/python -m tests.clients.run

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks.foundation

wheel: $(VENV)/.run
	$(BIN)/python -m hatchling build -t wheel

lock: $(VENV)/.dev
	$(PIP) install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
	    --extra postgresql pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
	    -c requirements/run.txt requirements/dev.in -o requirements/dev.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
	    requirements/build.in -o requirements/build.txt

clean:
	rm -rf $(VENV) build dist demo-output .mypy_cache .ruff_cache .pytest_cache
