#!/usr/bin/env bash
# requirements.lock (to run) and requirements-dev.lock (to test) from pyproject.toml, hashes and no addresses.
set -euo pipefail
tools=.venv/lock-tools
[ -x $tools/bin/pip-compile ] || { .venv/bin/python -m venv $tools && $tools/bin/pip install --quiet "pip-tools>=7.6,<8"; }
compile() {
  CUSTOM_COMPILE_COMMAND="make lock" $tools/bin/pip-compile --quiet --generate-hashes --strip-extras \
    --no-emit-index-url --no-emit-find-links --build-deps-for wheel "$@" pyproject.toml
}
compile --output-file requirements.lock
compile --extra dev --constraint requirements.lock --output-file requirements-dev.lock
