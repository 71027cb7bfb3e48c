# Everything a newcomer needs: `make app` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO ?= demo-workspace
PORT ?= 5006
SHOW ?= 1

.DEFAULT_GOAL := help
.PHONY: help app demo test test-fast search lint types format bench docs notebooks pictures release clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

# A stamp records which pyproject.toml the environment was installed for, so that a second call
# needs neither time nor network.
$(VENV)/.app-installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.12 app")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --prefer-binary --editable .
	@touch $@

$(VENV)/.test-installed: pyproject.toml $(VENV)/.app-installed tests/install_browser.py
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --prefer-binary --editable '.[test]'
	$(BIN)/python tests/install_browser.py
	@touch $@

app: $(VENV)/.app-installed ## install if needed, then open the app on the demo workspace
	@$(BIN)/harmony app --demo "$(DEMO)" --port $(PORT) $(if $(filter 0,$(SHOW)),--no-show)

demo: $(VENV)/.app-installed ## run the whole path, harmonies to map estimates, without a browser
	$(BIN)/harmony demo --workspace $(DEMO) --quick

# REQUIRE_SHARED_DATA=1: what does not find its file of the shared survey data fails, not skips.
test: $(VENV)/.test-installed lint types ## install if needed, then lint, types and all tests
	$(BIN)/pytest --numprocesses 2 --dist loadfile --max-worker-restart 0 $(if $(REQUIRE_SHARED_DATA),--require-shared-data)

test-fast: $(VENV)/.test-installed ## all tests but the slow and the browser ones
	$(BIN)/pytest --numprocesses 2 --dist loadfile --max-worker-restart 0 -m 'not slow and not browser'

search: $(VENV)/.test-installed ## look for new failing examples of the property tests
	$(BIN)/pytest --numprocesses 2 -m hypothesis --hypothesis-profile search

lint: $(VENV)/.test-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test-installed
	$(BIN)/mypy

format: $(VENV)/.test-installed ## format and sort imports
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(VENV)/.test-installed ## benchmarks (25 minutes; QUICK=1: 3), into one Markdown table (BENCH=FILE)
	$(BIN)/python tests/benchmarks/run_all.py $(if $(QUICK),--quick) $(if $(BENCH),--output "$(BENCH)")

docs: $(VENV)/.test-installed ## build the documentation site, assets/docs/_build/index.html
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going -b html assets/docs assets/docs/_build

notebooks: $(VENV)/.test-installed ## execute the notebooks of the documentation again
	$(BIN)/python tests/execute_notebooks.py

pictures: $(VENV)/.test-installed ## take the pictures of README and guide from the running app
	$(BIN)/python tests/take_pictures.py

release: $(VENV)/.test-installed ## build dist/, install it in clean environments and try it (PYTHONS="python3.11 python3.13")
	$(BIN)/python tests/check_release.py $(PYTHONS)

clean: ## remove the environment, caches and the demo workspace
	rm -rf $(VENV) $(DEMO) .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
