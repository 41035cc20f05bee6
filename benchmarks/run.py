"""All benchmarks, one after the other, and their report `RESULTS.md`.

Enters: data that are made by a seed in a temporary folder (3 GB; `--scratch` chooses where).
Leaves: the report, also where a part fails, which is then said in it. Progress goes to
standard error. `--quick` runs everything in small, within two minutes, and writes no report
unless told where; it ends with 1 where a part fails, whatever the figures are.

    .venv/bin/python benchmarks/run.py [--quick] [--only NAME ...] [--output FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from budgets import BUDGETS
from machine import load, machine
from peers import PEERS
from report import Session, report
from results import Result, read_results

HERE = Path(__file__).parent

BENCHMARKS = {
    "loss_files": 400,
    "event_file": 300,
    "job_log": 240,
    "cold_start": 180,
    "memory": 120,
    "archive": 180,
    "latency": 120,
    "answers": 180,
    "stream": 600,
    "soak": 240,
    "quiet": 240,
    "page": 180,
    "page_tags": 120,
    "page_growth": 600,
    "series": 120,
    "health": 120,
}
"""Name of a script beside this one, and the seconds after which it is given up."""
AT_ONCE = {"quiet": ("latency",)}
"""Benchmarks that run while another one does: both wait nearly all the time."""


def main() -> int:
    """Run what is asked for; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="everything in small")
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, metavar="NAME", help="some")
    parser.add_argument("--scratch", type=Path, metavar="DIR", help="folder for data; kept")
    parser.add_argument("--output", type=Path, metavar="FILE", help="default: RESULTS.md")
    options = parser.parse_args()
    begun_s = time.monotonic()
    output = options.output or (None if options.quick else HERE / "RESULTS.md")
    session = Session(command=_command(), quick=options.quick)
    session.facts = [("date", time.strftime("%Y-%m-%d %H:%M %z")), *machine()]
    session.facts.append(("load before", load()))
    missing = PEERS.make(again=True)
    session.facts.append(("peers", ", ".join(PEERS.versions())))
    session.facts += [(f"no {name}", why) for name, why in missing.items()]
    with tempfile.TemporaryDirectory(prefix="loss-monitor-benchmarks-") as own:
        scratch = options.scratch or Path(own)
        for names in turns(options.only or list(BENCHMARKS)):
            with ThreadPoolExecutor(len(names)) as at_once:
                list(at_once.map(partial(run, scratch=scratch, session=session), names))
            if output is not None:
                output.write_text(report(session))
    session.facts.append(("load after", load()))
    session.facts.append(("took", f"{time.monotonic() - begun_s:.0f} s in all"))
    if options.only is None and (unanswered := _unanswered(session)):
        session.failures["budgets"] = f"no benchmark answers {', '.join(unanswered)}"
    if output is not None:
        output.write_text(report(session))
        say(f"wrote {output}")
    for name, why in session.failures.items():
        say(f"{name}: {why}")
    return 1 if session.failures else 0


def turns(wanted: list[str]) -> Iterator[list[str]]:
    """Yield the benchmarks that run at once."""
    beside = {name for first, others in AT_ONCE.items() if first in wanted for name in others}
    for name in wanted:
        if name not in beside:
            yield [name, *(other for other in AT_ONCE.get(name, ()) if other in wanted)]


def run(name: str, scratch: Path, session: Session) -> None:
    """Run one benchmark and put what it left, or why it failed, into the session."""
    say(name)
    begun_s = time.monotonic()
    with tempfile.TemporaryDirectory() as own:
        results = Path(own) / "results"
        words = [sys.executable, str(HERE / f"{name}.py"), "--scratch", str(scratch)]
        words += ["--results", str(results), *(["--quick"] if session.quick else [])]
        trouble = _ended(words, BENCHMARKS[name])
        found: list[Result] = read_results(results)
    session.seconds[name] = time.monotonic() - begun_s
    session.results += found
    if trouble:
        session.failures[name] = trouble
    elif not found:
        session.failures[name] = "it told nothing"


def _ended(words: Sequence[str], seconds: float) -> str:
    """Run a command to its end; return why it failed, nothing where it did not."""
    last = ""
    with subprocess.Popen(
        words, stdout=sys.stderr, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        given_up = threading.Timer(seconds, end_group, (process.pid,))
        given_up.start()
        try:
            for line in process.stderr or ():
                sys.stderr.write(line)
                last = line.strip() or last
            code = process.wait()
        finally:
            given_up.cancel()
            end_group(process.pid)
    if code < 0:
        return f"given up after {seconds:.0f} s, or killed (signal {-code})"
    return f"{last or 'no word'} (exit code {code})" if code else ""


def end_group(group: int) -> None:
    """End a benchmark and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _unanswered(session: Session) -> list[str]:
    """Return the budgets that no benchmark has said anything about."""
    told = session.figures()
    return [budget.key for budget in BUDGETS if budget.key not in told]


def _command() -> str:
    return shlex.join([".venv/bin/python", "benchmarks/run.py", *sys.argv[1:]])


def say(text: str) -> None:
    """Say on standard error how far it is."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
