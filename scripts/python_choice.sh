# shellcheck shell=bash
# Which Python runs the monitor, and the environment of the checkout; sourced by the others.
#
# The order is: the active Python if it has the package; else the checkout's own
# environment (.venv), made from the active Python, or from the newest suitable python3.x
# on PATH where the active one is too old. Not the newest in any case: packages may not
# have been built for it yet.
# Defines functions, and `checkout`, the path of the checkout.

checkout="$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)"
python_least="3.10"

# Tell whether $1 runs and is new enough. A name on PATH proves little: version managers
# put stubs there, and an environment may outlive the Python it was made from.
python_suits() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1
}

# Tell whether $1 has the package and what it needs, without importing any of it. Run from
# / so that a checkout in the working directory is not taken for an installed package.
python_has_package() {
    (cd / && "$1" -c '
import importlib.util, sys
needed = ("loss_monitor", "numpy", "orjson", "fastapi", "uvicorn")
sys.exit(not all(importlib.util.find_spec(name) for name in needed))') >/dev/null 2>&1
}

# Print an active Python that has the package; fail if there is none, or if it is that of
# the checkout's own environment, which may have to be refreshed first.
ready_python() {
    local name
    name="$(active_python)" && python_has_package "$name" || return 1
    [ "$("$name" -c 'import sys; print(sys.prefix)')" != "$checkout/.venv" ] || return 1
    echo "$name"
}

# Print the newest suitable Python on PATH; fail if there is none.
newest_python() {
    local minor name
    for minor in 20 19 18 17 16 15 14 13 12 11 10; do
        name="python3.$minor"
        if command -v "$name" >/dev/null 2>&1 && python_suits "$name"; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

# Print the active Python; fail if it is missing or too old.
active_python() {
    local name
    for name in python3 python; do
        if command -v "$name" >/dev/null 2>&1 && python_suits "$name"; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

tell_which_python_is_needed() {
    local found
    found="$(python3 --version 2>/dev/null)" || found=""
    {
        echo "Python $python_least or newer is needed; found: ${found:-none}."
        echo "On clusters: module load python3        (then run this script again)"
        echo "Elsewhere:   install python3 with its venv module"
    } >&2
}

# Print a number that changes when what is installed may have changed.
source_stamp() {
    {
        echo "$checkout"
        cd "$checkout" && cat pyproject.toml setup.py package-lock.json build_backend/*.py \
            src/loss_monitor/_native/*.pyx src/loss_monitor/_native/cpp/*.hpp
    } | cksum
}

# Make or refresh the checkout's environment with the extras $1 (such as "[test]", may be
# empty), and print its Python. Each phase tells itself on standard error; pip's words are
# kept in .venv/install.log.
make_environment() {
    local extras="$1" own="$checkout/.venv/bin/python" stamp base log wanted
    stamp="$checkout/.venv/loss-monitor$extras.stamp"
    if ! python_suits "$own"; then
        base="$(active_python)" || base="$(newest_python)" || {
            tell_which_python_is_needed
            return 1
        }
        echo "Making an environment in $checkout/.venv with $("$base" --version 2>&1)" >&2
        "$base" -m venv --clear "$checkout/.venv" >&2 || {
            echo "$base cannot make an environment; on Debian and Ubuntu: apt-get install" \
                "python3-venv, on clusters: module load python3" >&2
            return 1
        }
    fi
    wanted="$(source_stamp)"
    if [ "$(cat "$stamp" 2>/dev/null || true)" != "$wanted" ] || ! python_has_package "$own" ||
        ! page_library_is_there; then
        log="$checkout/.venv/install.log"
        echo "Installing the monitor and what it needs (a minute or two; pip's words: $log)" >&2
        if ! "$own" -m pip install --disable-pip-version-check --no-input \
            --editable "$checkout$extras" >"$log" 2>&1; then
            tail -n 25 "$log" >&2
            echo "The installation failed; all of pip's words are in $log" >&2
            return 1
        fi
        echo "$wanted" >"$stamp"
        # With an extra, everything is there that is needed without one.
        echo "$wanted" >"$checkout/.venv/loss-monitor.stamp"
    fi
    echo "$own"
}

# Tell whether the charts' library lies where an editable installation puts it.
page_library_is_there() {
    [ -f "$checkout/src/loss_monitor/web/static/vendor/uPlot.iife.min.js" ]
}

# Run a command that needs the standard library only, and install nothing for it.
run_from_source() {
    local python
    export LOSS_MONITOR_LOG_DIR="${LOSS_MONITOR_LOG_DIR:-$checkout}"
    if python="$(ready_python)"; then
        exec "$python" -m loss_monitor "$@"
    fi
    python="$checkout/.venv/bin/python"
    if ! python_suits "$python"; then
        python="$(active_python)" || python="$(newest_python)" || {
            tell_which_python_is_needed
            return 1
        }
    fi
    PYTHONPATH="$checkout/src${PYTHONPATH:+:$PYTHONPATH}" exec "$python" -m loss_monitor "$@"
}
