# The few commands a checkout needs. Written for GNU make 3.81 (macOS) and later.
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format lock clean
.DELETE_ON_ERROR:

BIN := .venv/bin
PACKAGES := engine producers model_store
PIP := $(BIN)/python -m pip --disable-pip-version-check
# A lock that is there already is kept to: so runtime.lock and build.lock begin as copies of dev.lock and pin the same.
COMPILE = .make/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header

help:
	@echo 'make setup    everything that is needed, into .venv and the download cache (again: seconds)'
	@echo 'make demo     setup, then the demo (ARGS="--help" shows what it takes)'
	@echo 'make test     setup, then lint, then all tests (ARGS="-k embedded" chooses)'
	@echo 'make lint     the checks that CI runs'
	@echo 'make format   put the code into shape'
	@echo 'make lock     requirements/*.lock anew from pyproject.toml'
	@echo 'make clean    remove .venv and what the tools leave behind (not the data in .bedstream)'

setup: .make/kafka

demo: setup
	$(BIN)/bedstream demo $(ARGS)

test: lint
	$(BIN)/python -m pytest $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict $(PACKAGES)
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:
	@mkdir -p .make
	python3 -m venv .make/uv
	.make/uv/bin/pip install --quiet --disable-pip-version-check uv
	$(COMPILE) --group dev pyproject.toml -o requirements/dev.lock
	cp requirements/dev.lock requirements/runtime.lock && $(COMPILE) pyproject.toml -o requirements/runtime.lock
	cp requirements/dev.lock requirements/build.lock && \
		sed -n 's/^requires = \["\(.*\)"\]$$/\1/p' pyproject.toml | $(COMPILE) --no-annotate - -o requirements/build.lock

clean:
	rm -rf .venv .make build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The first Python of a version we support makes the environment; PYTHON=… names another.
$(BIN)/python:
	@for python in $(PYTHON) python3.11 python3.12 python3; do \
		if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then \
			echo "Making .venv with $$($$python --version)"; \
			exec $$python -m venv --clear .venv; \
		fi; \
	done; \
	echo 'bedstream needs Python 3.11 or 3.12: install one, or say where it is (make setup PYTHON=/path/to/python3.11).' >&2; \
	exit 1

.make/python: requirements/dev.lock pyproject.toml $(BIN)/python
	$(PIP) install --require-hashes -r requirements/dev.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@mkdir -p .make && touch $@

.make/kafka: .make/python engine/embedded/kafka.lock
	$(BIN)/python -m engine.embedded.fetch
	@touch $@
