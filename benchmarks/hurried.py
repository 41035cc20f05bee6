"""A monitor that looks two hundred times a second, to have many updates in a short time.

Takes the arguments of `loss-monitor`; differs in the least pause between two looks only.
"""

from __future__ import annotations

import sys

from loss_monitor.cli.__main__ import main
from loss_monitor.source import pace

if __name__ == "__main__":
    vars(pace)["_LEAST_LOCAL_S"] = 0.005
    sys.exit(main(sys.argv[1:]))
