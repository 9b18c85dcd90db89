#!/bin/sh
# Makes requirements/*.lock anew from pyproject.toml: pinned by hash, no addresses. Needs uv (var/tools after a set-up).
# What is locked stays at its version; add -U to take newer ones.
set -eu
cd "$(dirname "$0")/.."
uv="${UV:-var/tools/venv/bin/uv}"
compile() { "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header "$@"; }
compile pyproject.toml -o requirements/main.lock
compile pyproject.toml --group dev -o requirements/dev.lock
