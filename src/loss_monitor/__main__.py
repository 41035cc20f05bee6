"""The door for `python -m loss_monitor`."""

from __future__ import annotations

import sys

from loss_monitor.cli.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
