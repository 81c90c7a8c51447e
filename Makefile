# What a person types. Every target sets up .venv when needed; an unchanged set-up costs nothing.
PYTHON ?=
export PYTHON
# Tests start some hundred processes; each compiles all of harness/ again where a machine forbids saving bytecode.
export PYTHONDONTWRITEBYTECODE :=
BIN := .venv/bin

.PHONY: demo test check unit coverage test-browser real tools site interpreters bench fuzz lock clean

demo: .venv/ready
	$(BIN)/python scripts/demo.py

test: check site unit test-browser real

check: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# The two workers are the threads: torch's own wait for each other while they spin, which made the tests of the tiny
# model six times as dear.
UNIT := OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests -m "not real and not browser and not tools" -n 2 --dist loadfile

unit: .venv/ready
	$(UNIT)

# The unit tests with the branches that they reach, which takes twice as long.
coverage: .venv/ready
	$(UNIT) --cov --cov-report=term

test-browser: .venv/ready
	@command -v chromium >/dev/null || scripts/install_chromium.sh
	$(BIN)/python -m pytest tests/browser -m browser -n 2

# Starting a server or a process keeps one core busy, so two workers share the cores (tests/real/conftest.py).
real: .venv/ready
	$(BIN)/python -m pytest tests/real -m real -n 2 --dist loadfile

# What other tools say, installed for real: minutes of installing, so not a part of `make test`.
tools: .venv/ready
	$(BIN)/python -m pytest tests/tools -m tools

# The documentation, put together and built with every link checked: .cache/site/html/index.html.
site: .venv/ready
	$(BIN)/python -m scripts.build_site

# The core on every Python from 3.11 to 3.14 that is found here, each without torch: some minutes for each.
interpreters:
	scripts/interpreters.sh

bench: .venv/ready
	$(BIN)/python -m bench

# A minute for each reader of files and answers, then each property: always new examples. `make unit` repeats its own.
fuzz: .venv/ready
	HARNESS_FUZZ_SECONDS=60 $(BIN)/python -m pytest tests/hostile/test_readers.py tests/hostile/test_adapters.py
	$(BIN)/python -m pytest tests -m hypothesis --hypothesis-profile=search

lock:
	scripts/lock.sh

.venv/ready: requirements/cpu.lock pyproject.toml scripts/setup.sh
	scripts/setup.sh

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache
