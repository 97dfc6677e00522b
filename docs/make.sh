#!/usr/bin/env bash
# Makes the pages anew, into build/docs; a warning is an error. `./build.sh docs` calls it.
set -euo pipefail
cd "$(dirname "$0")/.."
rm -rf build/docs build/doctrees build/plot_directive
.venv/bin/python -m sphinx --quiet --fail-on-warning --keep-going \
  -b html -d build/doctrees docs build/docs
echo "build/docs/index.html"
