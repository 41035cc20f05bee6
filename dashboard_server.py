#!/usr/bin/env python3
"""The door of the original system: `python3 dashboard_server.py --host H --port P`.

The same as `loss-monitor serve`, for a checkout that may not be installed for the Python
that was called: then the checkout's own environment (`.venv`) takes over.
"""

# Without the usual future import: an old Python must get as far as the message below.
import importlib.util
import os
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent
NEEDED = ("numpy", "orjson", "fastapi", "uvicorn")


def main() -> int:
    """Serve in the foreground; returns the exit code."""
    own = CHECKOUT / ".venv" / "bin" / "python"
    if sys.version_info < (3, 10) or any(not importlib.util.find_spec(one) for one in NEEDED):
        if own.exists() and Path(sys.prefix).resolve() != own.parents[1].resolve():
            os.execv(own, [str(own), __file__, *sys.argv[1:]])
        print(
            "dashboard_server.py: Python 3.10 or newer with "
            + ", ".join(NEEDED)
            + f" is needed; {CHECKOUT}/scripts/start_monitor.sh sets it up",
            file=sys.stderr,
        )
        return 1
    sys.path.insert(0, str(CHECKOUT / "src"))
    from loss_monitor.cli.__main__ import main as run

    return run(["serve", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
