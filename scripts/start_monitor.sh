#!/usr/bin/env bash
# Start the monitor in the background and print where it is. Never asks a question.
#
#   start_monitor.sh [PORT] [HOST] [--data-dir DIR] [--job-log FILE] [--demo] ...
#
# Installs what is missing into .venv of the checkout first, unless the active Python has
# the package. `--help` lists all options.
set -eu

# shellcheck source-path=SCRIPTDIR source=python_choice.sh
. "$(dirname -- "$(readlink -f -- "$0")")/python_choice.sh"

# Asking for help installs nothing.
case " $* " in
*" --help "* | *" -h "*) run_from_source start --help ;;
esac

python="$(ready_python)" || python="$(make_environment "")"

# A log file named without a folder lies in the checkout when these scripts start it.
export LOSS_MONITOR_LOG_DIR="${LOSS_MONITOR_LOG_DIR:-$checkout}"
exec "$python" -m loss_monitor start "$@"
