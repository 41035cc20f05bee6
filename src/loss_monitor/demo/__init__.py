"""A small training to look at: two-scale Lorenz-96 with a network in its time loop.

Enters: how fast, how long, what goes wrong. Leaves: the files that the real plugin leaves,
and an exit code. The network learns the tendency of the fast scale from the slow one, as a
parameterisation in an atmosphere model would.
"""

from __future__ import annotations

import argparse
import signal
import threading

from loss_monitor.demo.course import RESTART_BACK, STALL_S, event_at
from loss_monitor.demo.files import FileSink, JobLogSink, Sink
from loss_monitor.demo.training import Training

TIMESTEPS_PER_S = 2.0
"""At speed 1: the loss falls within ten seconds and goes on falling for a minute."""


def run(options: argparse.Namespace) -> int:
    """Train until the asked number of timesteps, SIGTERM or SIGINT; return the exit code.

    Reads `directory`, `speed`, `timesteps` (None: no end), `seed`, `inject` and `format`.
    """
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    directory = str(options.directory)
    sink: Sink = FileSink(directory) if options.format == "files" else JobLogSink(directory)
    training = Training(options.seed)
    timestep = done = 0
    last_event = 0
    while not stopped.is_set() and (options.timesteps is None or done < options.timesteps):
        timestep += 1
        event = event_at(timestep, options.inject) if timestep > last_event else None
        if event is not None:
            last_event = timestep
        if event == "restart":
            timestep -= RESTART_BACK
            sink.restart(timestep)
        if event == "stall":
            stopped.wait(STALL_S)
        injection = event if event in ("spike", "nan") else None
        sink.put(timestep, training.advance(injection), training.network)
        done += 1
        stopped.wait(1.0 / (TIMESTEPS_PER_S * options.speed))
    sink.close()
    return 0
