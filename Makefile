# make demo   installs into .venv and runs the main job
# make test   installs the test tools too and passes the tests on three backends
PYTHON ?= python3
BIN := .venv/bin
PACKAGES := datasets experiments pipelines zoo
KERNELS := $(wildcard zoo/engines/native/kernels/*.[ch])

TENSORFLOW := test-pipelines test-experiments test-rest test-zoo

SLOW := slow-experiments slow-zoo slow-jax slow-rest

.PHONY: demo test test-tensorflow $(TENSORFLOW) test-jax test-torch test-slow $(SLOW) soak lint
.PHONY: clean FORCE

demo: .venv/installed
	$(BIN)/rnnzoo demo

# two at a time: one compiles while another computes; the longest first
test: .venv/tested
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target \
		test-pipelines test-jax test-experiments test-zoo test-rest test-torch

# networks as small as these wait for the threads of their libraries longer than they compute
$(TENSORFLOW) test-jax test-torch $(SLOW): export OMP_NUM_THREADS = 1
$(TENSORFLOW) test-jax test-torch $(SLOW): export OPENBLAS_NUM_THREADS = 1

# on TensorFlow, in parts
test-tensorflow: $(TENSORFLOW)

test-zoo: .venv/tested
	$(BIN)/python -m pytest tests/zoo

test-pipelines: .venv/tested
	$(BIN)/python -m pytest tests/pipelines

test-experiments: .venv/tested
	$(BIN)/python -m pytest tests/experiments

test-rest: .venv/tested
	$(BIN)/python -m pytest $(addprefix --ignore=tests/,zoo pipelines experiments)

# JAX would spend most of its time on optimising programs that run once, and on its newer emitters,
# which compile for longer than the older ones
test-jax slow-jax: export JAX_DISABLE_MOST_OPTIMIZATIONS = 1
test-jax slow-jax slow-zoo: export XLA_FLAGS = --xla_cpu_use_fusion_emitters=false

test-jax test-torch: test-%: .venv/tested
	KERAS_BACKEND=$* $(BIN)/python -m pytest tests/zoo $(wildcard tests/pipelines/*/test_backends.py)

# what takes long, and the dashboard in Chromium, which has to be installed; two at a time, as above
test-slow: .venv/tested
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target $(SLOW)

slow-experiments: .venv/tested
	$(BIN)/python -m pytest tests/experiments -m "slow or browser"

slow-zoo: .venv/tested
	$(BIN)/python -m pytest tests/zoo -m slow

slow-jax: .venv/tested
	KERAS_BACKEND=jax $(BIN)/python -m pytest tests/zoo -m slow

slow-rest: .venv/tested
	$(BIN)/python -m pytest $(addprefix --ignore=tests/,zoo experiments) -m "slow or browser"

# what takes very long, on the quickest backend: make test-slow runs one of each kind
soak: .venv/tested
	KERAS_BACKEND=jax $(BIN)/python -m pytest -m soak

lint: .venv/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy -p rnnzoo
	$(BIN)/python -m mypy examples benchmarks tests

# the files of the package; where one comes, goes or is renamed, the list changes
build/files: FORCE
	@mkdir -p build
	@find *.py py.typed $(PACKAGES) -type f ! -path "*/__pycache__/*" ! -name "*.so" | LC_ALL=C sort > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# links in build/ to every file of that list: they follow each change, and type checkers follow them
.venv/installed: setup.cfg setup.py pyproject.toml build/files $(KERNELS)
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'rnnzoo needs Python 3.11 or newer: make PYTHON=…')"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

# torch first and on its own: its processor-only build, where there is one, then satisfies the rest
.venv/tested: setup.cfg pyproject.toml | .venv/installed
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet --editable ".[test,jax,torch]"
	touch $@

clean:
	rm -rf .venv build *.egg-info
