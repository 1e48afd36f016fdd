# What a newcomer types. Each target does its own set-up: system packages, virtual environment, build.
#
#   make demo        data -> emulator -> bundle -> Fortran time loop -> replay -> figures, in out/demo
#   make install     the package in .venv, with all that development needs (make system: the system packages alone)
#   make test        the tests
#   make quick       those that take little time: a part of them, under two minutes
#   make long        what repeats shorter tests at the real size: the shipped score, whole tilings, an ablation
#   make bench       one table of latencies and rates: step, network, samples, cube, planet, weights
#   make gpu-check   is the engine right on this machine's GPU, and how fast
#   make train-demo  retrains the emulator that ships with the package
#   make lint        ruff, mypy, clang-format
#   make docs        the documentation as a site, in out/site
#   make coverage    which lines the tests run
#   make package     sdist and wheel in dist, tried in a fresh environment
#   make without-mpi the engine built with LANDBC_MPI=OFF, and its tests in C and C++
#   make sanitize    the tests in C, C++ and Fortran with AddressSanitizer and UndefinedBehaviorSanitizer
#   make valgrind    hosts in C under memcheck
#   make soak        1,000,000 steps, with resident memory on the way
#   make together    the emulators that ship in one bundle: straight, continued, replayed, on two ranks
#   make clean       removes .venv and all that was built or made (build, dist, out)
#
# Real data are used where PYLANDBC_DATA (default ../shared/data) holds them, else a synthetic planet.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help system install demo test quick long bench gpu-check train-demo lint docs coverage package without-mpi sanitize valgrind soak together clean

VENV ?= .venv
BIN := $(VENV)/bin
PYTHON ?= python3
# Processes that share the test files, in the files' order, one for each processor; libtorch with one thread in each, unless a test
# says more.
WORKERS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); echo $$((n < 2 ? 2 : n > 8 ? 8 : n)))
PYTEST = OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --ignore=tests/benchmarks --durations=20
PYLANDBC_DATA ?= $(abspath ../shared/data)
export PYLANDBC_DATA
export PIP_DISABLE_PIP_VERSION_CHECK = 1

help:
	@sed -n '1,/^$$/s/^# \{0,1\}//p' Makefile

system:
	@.ci/install-system-packages

# Build tools first: the extension is compiled against the installed torch, not one that pip would fetch for the build. A pip of
# today resolves in a third of the time of the one that comes with Python 3.11; byte code is compiled on first use.
$(VENV)/.build-tools: constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q 'pip>=25'
	$(BIN)/pip install -q --no-compile -c constraints.txt torch scikit-build-core pybind11 numpy ninja
	touch $@

$(VENV)/.dependencies: $(VENV)/.build-tools pyproject.toml
	$(BIN)/python .ci/requirements dev | $(BIN)/pip install -q --no-compile -c constraints.txt -r /dev/stdin
	touch $@

SOURCES := CMakeLists.txt $(shell git ls-files -co --exclude-standard src bindings fortran cmake 2>/dev/null)
$(VENV)/.installed: $(VENV)/.build-tools $(SOURCES)
	$(BIN)/pip install -q --no-build-isolation --no-deps --force-reinstall .
	touch $@

# Downloads wait for the network while the compiler and dpkg use the processors. Without Python's venv (a package of its own on
# Debian) the system packages come first.
# The shell runs the two side by side: of several jobs make 4.3 itself loses one now and then ("wait: No child processes").
TURN := $(MAKE) --no-print-directory
install:
	@if $(PYTHON) -c 'import ensurepip' 2>/dev/null; then $(TURN) $(VENV)/.build-tools & tools=$$!; $(TURN) system; wait $$tools; fi
	@$(TURN) system
	@$(TURN) $(VENV)/.build-tools
	@$(TURN) $(VENV)/.dependencies & others=$$!; $(TURN) $(VENV)/.installed; built=$$?; wait $$others && exit $$built

demo: install
	@PATH="$(abspath $(BIN)):$$PATH" examples/00_demo/run --output out/demo

# What measures runs by itself: one test beside another is what it would measure.
test: install
	@$(PYTEST) -m "not long"
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/benchmarks

quick: install
	@$(PYTEST) -m "not slow and not long"

long: install
	@$(PYTEST) -m long

bench: install
	@mkdir -p out
	@$(BIN)/python -m pytest tests/benchmarks --benchmark-enable --benchmark-only -q --benchmark-quiet --benchmark-json=out/bench.json; found=$$?; \
	  $(BIN)/python tests/benchmarks/table.py out/bench.json && exit $$found

gpu-check: install
	@cd tests/benchmarks && PYTHONPATH=../couple $(abspath $(BIN))/python gpu_check.py

train-demo: install
	@PATH="$(abspath $(BIN)):$$PATH" examples/06_train_land_use/train-demo

lint: install
	@$(BIN)/ruff format --check -q . && $(BIN)/ruff check -q . && $(BIN)/mypy
	@git ls-files '*.c' '*.cpp' '*.hpp' '*.h' | xargs $(BIN)/clang-format --dry-run --Werror

docs: install
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict -q && echo "out/site/index.html"

coverage: install
	@$(PYTEST) -m "not long" --cov=pylandbc --cov-report=term:skip-covered --cov-report=html:out/coverage -q

package: install
	@packaging/check-wheel $(BIN)/python

# Of the two builds below; the wheel's obeys the same variable.
JOBS = $${CMAKE_BUILD_PARALLEL_LEVEL:-$$(nproc)}

# In the ordinary tests a library of the one source that differs and the objects of all others has a life cycle.
without-mpi: install
	cmake -S . -B build/without-mpi -D LANDBC_TESTS=ON -D LANDBC_MPI=OFF -D Python_EXECUTABLE=$(abspath $(BIN))/python
	cmake --build build/without-mpi --parallel $(JOBS) --target landbc_tests
	ctest --test-dir build/without-mpi -R '^(small_bundle|c_|cpp_)' --output-on-failure

sanitize: install
	cmake -S . -B build/sanitize -D LANDBC_TESTS=ON -D LANDBC_SANITIZE=ON -D CMAKE_BUILD_TYPE=Debug -D Python_EXECUTABLE=$(abspath $(BIN))/python
	cmake --build build/sanitize --parallel $(JOBS) --target landbc_tests
	UBSAN_OPTIONS=print_stacktrace=1 ctest --test-dir build/sanitize --output-on-failure

# Hosts in C against the installed library, and the small bundle: of land use alone, and with leaf area and land cover.
build/hosts/%: bindings/tests/%.c install
	@mkdir -p build/hosts
	@cc -g -O2 -D_DEFAULT_SOURCE $< -o $@ $$(PKG_CONFIG_PATH=$$($(BIN)/pylandbc --cmake-dir)/../lib/pkgconfig pkg-config --cflags --libs landbc) -lm
build/hosts/bundle build/hosts/bundle-month: install
	@mkdir -p build/hosts
	@$(BIN)/python tests/couple/small_bundle.py $@ $(patsubst bundle-%,%,$(filter bundle-%,$(notdir $@)))
CARBON_DIOXIDE := mole_fraction_of_carbon_dioxide_in_air
HOSTS := build/hosts/test_life_cycle build/hosts/test_soak build/hosts/bundle build/hosts/bundle-month

# In build/hosts, where the hosts leave their files. Blocks that only the process's end frees are not errors: libraries keep many.
MEMCHECK := OMP_NUM_THREADS=1 valgrind --error-exitcode=1 --num-callers=30 --suppressions=$(CURDIR)/bindings/tests/valgrind.supp \
  --leak-check=full --show-leak-kinds=definite,indirect,possible --errors-for-leak-kinds=definite,indirect,possible
valgrind: $(HOSTS)
	@.ci/install-system-packages valgrind
	cd build/hosts && LANDBC_TEST_BUNDLE=bundle $(MEMCHECK) ./test_life_cycle
	cd build/hosts && LANDBC_OTHER_ALLOCATOR=1 LANDBC_TEST_BUNDLE=bundle-month $(MEMCHECK) ./test_soak 40000 $(CARBON_DIOXIDE)

soak: $(HOSTS)
	cd build/hosts && LANDBC_TEST_BUNDLE=bundle ./test_soak 1000000
	cd build/hosts && LANDBC_TEST_BUNDLE=bundle-month ./test_soak 1000000 $(CARBON_DIOXIDE)

together: install
	@LANDBC_MINUTES=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/couple/test_together.py

clean:
	rm -rf build dist out $(VENV)
