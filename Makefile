# Two commands, each enough on a machine that has only Python 3.11 or 3.12:
#   make demo [PHOTO=me.jpg] [OUT=out]    the double of a photo, its turntable, its walk, its GLB and its VRM
#   make test                             everything that CI checks
#   make proof                            exported files in more programs, and hundreds of jobs in the studio
#   make docs                             the documentation site, in build/site
# On Linux the plain PyTorch wheel brings CUDA. For the small CPU build:
#   make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu

PHOTO ?= src/bodydouble/data/sample.jpg
OUT ?= out
VENV ?= .venv
TORCH_INDEX ?=
TEST_JOBS ?= 2

BIN := $(VENV)/bin
INSTALL = $(BIN)/python -m pip install --quiet $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -c constraints.txt

.PHONY: demo test proof docs install clean

demo: $(VENV)/installed
	$(BIN)/bodydouble demo "$(PHOTO)" -o "$(OUT)"
	@echo "Look into $(OUT)/: turntable.mp4, walk.mp4, demo.glb, demo.vrm"

# One thread a process: more of them wait for each other where there are not more cores than processes.
test: export OMP_NUM_THREADS = 1
test: export OPENBLAS_NUM_THREADS = 1
test: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -n $(TEST_JOBS) --dist loadfile --no-loadscope-reorder --durations 15

# Programs that open what is exported, apart from those that make test asks. Needs npm and chromium.
proof: $(VENV)/installed-dev
	cd tests/browser/talkinghead && npm ci --no-audit --no-fund
	$(BIN)/python -m pytest -q tests/export
	$(BIN)/python -m tests.studio.soak

# Fails at a link that leads nowhere.
docs: $(VENV)/installed-docs
	$(BIN)/mkdocs build --strict --quiet
	@echo "Open build/site/index.html"

install: $(VENV)/installed

$(VENV)/installed: $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing into $(VENV) (some minutes the first time)"
	$(INSTALL) -e .
	@touch $@

$(VENV)/installed-dev: $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing into $(VENV) (some minutes the first time)"
	$(INSTALL) -e ".[dev]"
	@touch $@ $(VENV)/installed

$(VENV)/installed-docs: $(VENV)/installed
	$(INSTALL) -e ".[docs]"
	@touch $@

# The first Python that is of a supported version and can make environments.
$(BIN)/python:
	@for python in $(PYTHON) python3.11 python3.12 python3 python; do \
		if "$$python" -c 'import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null; then \
			echo "Making $(VENV) with $$python"; exec "$$python" -m venv "$(VENV)"; \
		fi; \
	done; \
	echo "No Python 3.11 or 3.12 with its venv module found; install one, or name it: make demo PYTHON=/path/to/python3.12" >&2; exit 1

clean:
	rm -rf "$(VENV)" build dist .pytest_cache .mypy_cache .ruff_cache
