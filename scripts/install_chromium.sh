#!/usr/bin/env bash
# Install Debian's Chromium for tests/browser. `make test-browser` calls this when there is none.
set -euo pipefail
if ! command -v apt-get >/dev/null; then
  echo "install Chromium by hand so that \`chromium\` is on the PATH: this machine has no apt-get" >&2
  exit 1
fi
sudo=()
if [ "$(id -u)" -ne 0 ]; then sudo=(sudo); fi
"${sudo[@]}" apt-get update
"${sudo[@]}" apt-get install --yes --no-install-recommends chromium
