#!/usr/bin/env bash
# Tell whether a monitor runs on this node and where, and what is installed or missing.
# Works before anything is installed.
set -eu

# shellcheck source-path=SCRIPTDIR source=python_choice.sh
. "$(dirname -- "$(readlink -f -- "$0")")/python_choice.sh"
run_from_source status "$@"
