# The commands of the README. Each installs what is missing with apt, builds and runs.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: quickstart build test bench bench-vector bench-replicas format lint doc asan tsan valgrind fuzz clean

# Elixir wants a UTF-8 locale; C.UTF-8 is on every Debian.
export LC_ALL ?= C.UTF-8
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 30

quickstart:
	@tools/install_deps.sh quickstart
	mix compile
	mix run examples/quickstart/quickstart.exs

build:
	@tools/install_deps.sh test
	cmake --preset dev
	cmake --build --preset dev -j $(JOBS)
	mix compile

test:
	@tools/install_deps.sh test
	tools/test.sh

bench:
	@tools/install_deps.sh test
	tools/bench

# Beside npm's libsql, sqlite-vec and hnswlib-node, whose node_modules NODE_PATH names.
bench-vector:
	@tools/install_deps.sh test
	MIX_ENV=bench mix run bench/vectors.exs
	MIX_ENV=bench mix run bench/vector_index.exs
	MIX_ENV=bench mix run bench/vector_writes.exs
	MIX_ENV=bench mix run bench/vector_recall.exs

# Replicas beside npm's libsql, whose node_modules NODE_PATH names.
bench-replicas:
	@tools/install_deps.sh test
	MIX_ENV=bench mix run bench/replicas.exs

format:
	@tools/install_deps.sh lint
	tools/check_format.sh --fix

lint:
	@tools/install_deps.sh ci
	tools/check_format.sh
	tools/check_layers
	tools/check_registered
	tools/check_tidy.sh

# The C++ API, in build/doxygen/html; the Elixir API is ExDoc's: `mix docs`, which needs Hex.
doc:
	command -v doxygen >/dev/null || { echo "make doc: apt-get install doxygen" >&2; exit 1; }
	doxygen docs/Doxyfile

asan tsan:
	@tools/install_deps.sh ci
	cmake --preset $@
	cmake --build --preset $@ -j $(JOBS)
	ctest --preset $@ -j $(JOBS)

valgrind:
	@tools/install_deps.sh ci
	tools/valgrind.sh

fuzz:
	@tools/install_deps.sh ci
	tools/fuzz.sh $(FUZZ_SECONDS)

clean:
	rm -rf build _build priv bench.json
