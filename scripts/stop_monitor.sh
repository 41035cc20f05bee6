#!/usr/bin/env bash
# Stop the monitor of this node, gracefully, and after ten seconds by force; the demo's
# training ends with it.
set -eu

# shellcheck source-path=SCRIPTDIR source=python_choice.sh
. "$(dirname -- "$(readlink -f -- "$0")")/python_choice.sh"
run_from_source stop "$@"
