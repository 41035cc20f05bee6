#!/usr/bin/env bash
# Set up all that the tests need, and run them.
#
#   run_tests.sh [pytest arguments]
#
# Without arguments the page's own modules are tested as well (node --test). Where Chromium
# is missing and cannot be installed, the browser tests are skipped, by name.
set -eu

# shellcheck source-path=SCRIPTDIR source=python_choice.sh
. "$(dirname -- "$(readlink -f -- "$0")")/python_choice.sh"
cd "$checkout"

# Print the path of a Chromium; fail if there is none. `type -P` looks for programs only: a
# function of the same name is none.
find_chromium() {
    local name
    for name in "${LOSS_MONITOR_CHROMIUM:-}" chromium chromium-browser google-chrome; do
        if [ -n "$name" ] && type -P "$name"; then
            return 0
        fi
    done
    return 1
}

# Install Debian's package $1, for $2, where this user may. A service in it is not started
# (RUNLEVEL).
install_package() {
    local log
    command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ] || return 1
    echo "Installing $1 for $2" >&2
    log="$checkout/.venv/apt.log"
    {
        export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
        apt-get update && apt-get install -y --no-install-recommends "$1"
    } >"$log" 2>&1 || {
        echo "$1 could not be installed (see $log): $2 are skipped" >&2
        return 1
    }
}

# Fetch the page's development tools, unless those of this lock file are there.
install_node_modules() {
    local stamp wanted
    command -v npm >/dev/null 2>&1 || return 1
    stamp="$checkout/node_modules/.loss-monitor.stamp"
    wanted="$(cksum <"$checkout/package-lock.json")"
    [ "$(cat "$stamp" 2>/dev/null || true)" != "$wanted" ] || return 0
    echo "Fetching the page's development tools" >&2
    npm ci --ignore-scripts --no-audit --no-fund >"$checkout/.venv/npm.log" 2>&1 || {
        tail -n 20 "$checkout/.venv/npm.log" >&2
        return 1
    }
    echo "$wanted" >"$stamp"
}

python="$(make_environment "[test]")"
if find_chromium >/dev/null || install_package chromium "the browser tests"; then
    LOSS_MONITOR_CHROMIUM="$(find_chromium)" || LOSS_MONITOR_CHROMIUM=""
    export LOSS_MONITOR_CHROMIUM
fi
# Debian keeps it where only root's PATH leads.
[ -x /usr/sbin/sshd ] || install_package openssh-server "the tests of tunnels" || true
[ -x /usr/sbin/nginx ] || install_package nginx-light "the tests behind nginx" || true
has_node_modules=yes
install_node_modules || has_node_modules=""

code=0
"$python" -m pytest "$@" || code=$?
if [ $# -eq 0 ]; then
    if [ -n "$has_node_modules" ]; then
        find tests/page -name '*.test.js' -print0 | xargs -0 -r node --test || code=$?
    else
        echo "Node.js or its modules are missing: the tests in tests/page are skipped" >&2
    fi
fi
exit "$code"
