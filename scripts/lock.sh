#!/usr/bin/env bash
# Write requirements/cpu.lock again: every package of the CPU set-up, pinned, for Python 3.11 and 3.12.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
"${PYTHON:-python3}" -m venv "$tools/venv"
"$tools/venv/bin/pip" install --quiet uv
# uv reads another variable for the machine's certificates than pip does.
if [ -n "${PIP_CERT:-}" ]; then export SSL_CERT_FILE="${SSL_CERT_FILE:-$PIP_CERT}"; fi
"$tools/venv/bin/uv" pip compile pyproject.toml requirements/cpu.in \
  --extra train --extra review --extra parse --extra data --extra similarity --extra import --extra signing --extra share --extra oci --extra ray --extra dev --override requirements/overrides.txt \
  --universal --python-version 3.11 --upgrade --no-annotate --no-header --no-emit-index-url --quiet \
  --no-emit-package torch --no-emit-package torchaudio --no-emit-package torchcodec \
  --no-emit-package torchvision --no-emit-package triton \
  --output-file "$tools/cpu.lock"
{
  echo "# Written by scripts/lock.sh; installed with --no-deps after torch. Do not edit."
  cat "$tools/cpu.lock"
} > requirements/cpu.lock
wc -l requirements/cpu.lock
