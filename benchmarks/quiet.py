"""What a quiet monitor costs: system calls a second, files opened, CPU.

Enters: a number of settled files. Leaves: figures on standard output. One process is
measured without tracing for its CPU time, another under `strace -f` for its calls.
Budget: at most 40 system calls a second, no settled file opened, below 0.1 % of a core.

    python benchmarks/quiet.py --files 10000 --seconds 60
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from served import Served, write_files

AGE_S = 4000.0


def main() -> None:
    """Make the files, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--losses", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--watched", action="store_true", help="a page stays connected")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "data"
        write_files(directory, options.files, options.losses, age_s=AGE_S, seed=1)
        with Served(directory) as served:
            page = settle(served, watched=options.watched)
            before_s, io = served.cpu_s(), served.get("/api/status")["io"]
            time.sleep(options.seconds)
            used_s = served.cpu_s() - before_s
            after = served.get("/api/status")["io"]
            print(f"CPU: {used_s:.2f} s in {options.seconds:.0f} s", end=", ")
            print(f"{100 * used_s / options.seconds:.3f} % of a core")
            print("counted by the monitor:", {key: after[key] - io[key] for key in io})
            if shutil.which("strace"):
                trace(served, options.seconds, Path(folder) / "trace", directory)
            if page is not None:
                page.kill()
                page.wait()


def settle(served: Served, *, watched: bool) -> subprocess.Popen[bytes] | None:
    """Wait until all is read and half a minute of quiet has passed; perhaps open a page."""
    while served.get("/api/status")["loading"] is not None:
        time.sleep(0.2)
    page = None
    if watched:
        url = f"http://127.0.0.1:{served.port}/api/stream"
        words = ["curl", "-sN", "--retry", "1000", "--retry-all-errors", "--retry-delay", "2", url]
        page = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    time.sleep(30)
    return page


def trace(served: Served, seconds: float, output: Path, directory: Path) -> None:
    """Print which system calls all threads make, and which files of the run are opened."""
    tracer = subprocess.Popen(["strace", "-f", "-p", str(served.pid), "-o", str(output)])
    time.sleep(1.0)
    begun = output.stat().st_size if output.exists() else 0
    time.sleep(seconds)
    ended = output.stat().st_size
    tracer.terminate()
    tracer.wait(10)
    with output.open("rb") as file:
        file.seek(begun)
        lines = file.read(ended - begun).decode("utf-8", "replace").splitlines()
    calls = Counter(
        match[1]
        for line in lines
        if (match := re.match(r"\d+\s+(\w+)\(", line)) and "resumed>" not in line
    )
    opened = [
        line for line in lines if re.search(r"\bopen(at)?\(", line) and f"{directory}/" in line
    ]
    print(f"system calls: {sum(calls.values()) / seconds:.1f} a second:")
    for name, count in calls.most_common(12):
        print(f"  {name:20s} {count / seconds:7.2f}")
    print(f"settled files opened: {len(opened)}")


if __name__ == "__main__":
    main()
