"""TensorBoard's data server, loading a directory of event files once.

Enters: a directory and options. Leaves: what the loading took. The server tells on standard
error when its load cycle is finished; it would serve on, and is ended then.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

from peers import Peers
from served import cpu_s, peak_mb
from turns import MissingError, Spent

PACKAGE = "tensorboard-data-server"
ALL = "--samples-per-plugin=scalars=all,histograms=all"


def load(peers: Peers, directory: Path, *options: str) -> Spent:
    """Load once. Raises `MissingError`."""
    binary = peers.file(PACKAGE, "tensorboard_data_server/bin/server")
    with tempfile.TemporaryDirectory() as own:
        # Without a port file it neither tells the port nor, as a child, comes to load.
        words = [
            *(binary, f"--logdir={directory}", "--port=0", f"--port-file={own}/port"),
            *("--reload=once", "--verbose", *options),
        ]
        begun_s = time.monotonic()
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        assert process.stderr is not None
        try:
            for line in process.stderr:
                if "Finished load cycle" in line:
                    wall_s = time.monotonic() - begun_s
                    return Spent(cpu_s(process.pid), wall_s, peak_mb(process.pid))
        finally:
            process.kill()
            process.wait()
            process.stderr.close()
    raise MissingError("rustboard ended before it had loaded")
