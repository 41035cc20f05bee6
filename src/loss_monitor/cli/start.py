"""The command `start`: a monitor in the background, one per node.

Enters: options. Leaves: an exit code, once the monitor answers or has failed. The started
process is `loss-monitor serve`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from loss_monitor import __version__
from loss_monitor.cli.ask import ask
from loss_monitor.cli.instance import (
    DEMO_DIR_NAME,
    PORT_FILE_NAME,
    Instance,
    forget_instance,
    instances_elsewhere,
    make_host_dir,
    read_instance,
    start_lock,
    write_instance,
)
from loss_monitor.cli.options import (
    add_label_options,
    add_server_options,
    add_source_options,
    settings_of,
)
from loss_monitor.cli.process import end_processes, process_mark, spawn
from loss_monitor.cli.told import last_lines, print_where
from loss_monitor.errors import EXIT_PORT_TAKEN, MonitorError, PortTakenError, SettingError
from loss_monitor.settings import Settings, config_path_of, host_name
from loss_monitor.settings.places import is_loopback, user_name

HEALTHY_WITHIN_S = 60.0
"""A cold start from a cluster's file system imports a thousand files; it took 20 s there."""
POLL_S = 0.05
LOG_LINES_SHOWN = 15


class Start:
    """`loss-monitor start [PORT] [HOST]`."""

    name = "start"
    summary = "start a monitor in the background and say where it is"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare its options."""
        parser.add_argument("port", metavar="PORT", nargs="?", help="port to listen at")
        parser.add_argument("host", metavar="HOST", nargs="?", help="address to listen at")
        parser.add_argument("--port", dest="port_option", metavar="PORT", help="the same")
        parser.add_argument("--host", dest="host_option", metavar="HOST", help="the same")
        parser.add_argument(
            "--demo", action="store_true", help="start a demo training and watch it"
        )
        add_source_options(parser)
        add_label_options(parser)
        add_server_options(parser)

    def run(self, options: argparse.Namespace) -> int:
        """Start it; 0 also if it is running already."""
        options.port = options.port_option or options.port
        options.host = options.host_option or options.host
        if options.port and os.sep in options.port:
            raise SettingError(
                f"{options.port} stands where the port belongs: a place to watch is named by "
                "--data-dir or --job-log"
            )
        settings = settings_of(options, os.environ)
        with start_lock(os.environ):
            running = read_instance(os.environ)
            if running is not None and running.runs:
                print(f"Already running on {running.node} (PID {running.pid})")
                print_where(running)
                _tell_what_is_not_done(running, options, settings)
                return 0
            if running is not None:
                print(f"A monitor (PID {running.pid}) ended unasked; cleaning up after it")
                end_processes(running.processes[1:], grace_s=10.0)
                forget_instance(os.environ)
            for other in instances_elsewhere(os.environ):
                print(f"Another monitor of yours was started on {other.node}: {other.url}")
            for note in settings.notes:
                print(note)
            return _start(options, settings)


def _tell_what_is_not_done(
    running: Instance, options: argparse.Namespace, settings: Settings
) -> None:
    """Say that the running monitor watches another place, or listens elsewhere, than asked for."""
    wishes = []
    data_dir = str(settings.data_dir) if settings.watches_data_dir else ""
    is_named = options.data_dir is not None or options.job_logs
    if options.demo and not running.demo_pid:
        wishes.append("the demo")
    elif is_named and (data_dir, settings.job_logs) != (running.data_dir, running.job_logs):
        wishes.append(", ".join(place for place in (data_dir, *settings.job_logs) if place))
    if options.port is not None and settings.port not in (running.port, 0):
        wishes.append(f"port {settings.port}")
    if wishes:
        print(
            f"It is not changed: stop it first for {' and '.join(wishes)}, or run another one "
            "beside it with `loss-monitor serve`"
        )


def _start(options: argparse.Namespace, settings: Settings) -> int:
    if settings.port_fixed and settings.socket is None:
        _refuse_taken_port(settings)
    folder = make_host_dir(os.environ)
    port_file = folder / PORT_FILE_NAME
    port_file.unlink(missing_ok=True)
    log_file = settings.log_file or folder / "dashboard.log"
    settings = replace(settings, log_file=log_file, port_file=port_file)
    if options.demo:
        data = folder / DEMO_DIR_NAME
        settings = replace(settings, data_dir=data, job_logs=(), watches_data_dir=True, demo=True)
    began: list[subprocess.Popen[bytes]] = []
    done = False
    try:
        instance = _begin(settings, options.config, began)
        done = True
    finally:
        # Also when the keyboard interrupts the wait: nothing half started stays behind.
        if not done:
            end_processes([(one.pid, process_mark(one.pid) or "") for one in began], grace_s=5.0)
            forget_instance(os.environ)
    is_moved = settings.socket is None and not settings.port_fixed
    if is_moved and settings.port != instance.port:
        print(f"Port {settings.port} is taken: the monitor listens at {instance.port}")
    print_where(instance)
    return 0


def _begin(
    settings: Settings, config: str | None, began: list[subprocess.Popen[bytes]]
) -> Instance:
    """Start trainer and server, record them and wait for an answer.

    What was started is appended to `began`, the server last.
    """
    log_file = settings.log_file
    assert log_file is not None
    if settings.demo:
        began.append(_start_demo(settings.data_dir))
    print("Starting the monitor", flush=True)
    server = spawn(serve_words(settings, config), log_file, os.environ)
    began.append(server)
    instance = _record(began, settings)
    write_instance(instance, os.environ)
    instance = _wait_until_healthy(server, instance, settings)
    write_instance(instance, os.environ)
    return instance


def _refuse_taken_port(settings: Settings) -> None:
    """Raise what `serve` would, so that it is told on this terminal and nothing is started."""
    from loss_monitor.web.listening import listen

    listen(settings.host, settings.port, port_fixed=True).close()


def serve_words(settings: Settings, config: str | None) -> list[str]:
    """Return the command line that serves what `settings` say.

    Settings without an option come to it as they came here: from environment and file.
    """
    words = [sys.executable, "-m", "loss_monitor", "serve"]
    logs = list(settings.job_logs)
    if settings.watches_data_dir:
        words += ["--data-dir", str(settings.data_dir)]
    else:
        words.append(logs.pop(0))
    for log in logs:
        words += ["--job-log", log]
    for name in settings.allow_hosts:
        words += ["--allow-host", name]
    # Joined by the sign: what a user wrote may begin with a dash.
    words += [f"--param={name}={value}" for name, value in settings.params]
    words += [] if settings.label is None else [f"--label={settings.label}"]
    words += ["--host", settings.host, "--log-level", settings.log_level]
    if settings.port_fixed:
        words += ["--port", str(settings.port)]
    path = config_path_of(config, os.environ)
    if path is not None:
        words += ["--config", str(path)]
    for option, value in (
        ("--job", settings.job),
        ("--run-start", settings.run_start),
        ("--port-file", settings.port_file),
        ("--log-file", settings.log_file),
        ("--public-host", settings.public_host),
        ("--keep-dir", settings.keep_dir),
        ("--on-alert", settings.on_alert),
        ("--socket", settings.socket),
        ("--certfile", settings.certfile),
        ("--keyfile", settings.keyfile),
    ):
        if value is not None:
            words += [option, str(value)]
    for option, wanted in (
        ("--demo", settings.demo),
        ("--debug", settings.debug),
        ("--follow-symlinks", settings.follow_symlinks),
        ("--no-auth", settings.is_open),
        # Whoever asked for it here has consented already.
        ("--i-know-anyone-can-read", settings.is_open),
    ):
        words += [option] if wanted else []
    return words


def _start_demo(data: Path) -> subprocess.Popen[bytes]:
    """Start a demo training in a fresh directory of the monitor's own."""
    shutil.rmtree(data, ignore_errors=True)
    log_file = data.with_name("demo.log")
    log_file.unlink(missing_ok=True)
    print(f"Starting a demo training in {data}", flush=True)
    words = [sys.executable, "-m", "loss_monitor", "demo", str(data)]
    return spawn(words, log_file, os.environ)


def _record(began: list[subprocess.Popen[bytes]], settings: Settings) -> Instance:
    pids = [process.pid for process in began]
    trainer = pids[0] if settings.demo else 0
    return Instance(
        pid=pids[-1],
        mark=process_mark(pids[-1]) or "",
        node=host_name(),
        user=user_name(),
        host=settings.host,
        unix_socket=str(settings.socket or ""),
        data_dir=str(settings.data_dir) if settings.watches_data_dir else "",
        job_logs=settings.job_logs,
        log_file=str(settings.log_file),
        started_at=time.time(),
        version=__version__,
        public_host=settings.public_host or "",
        demo_pid=trainer,
        demo_mark=(process_mark(trainer) or "") if trainer else "",
    )


def _wait_until_healthy(
    server: subprocess.Popen[bytes], instance: Instance, settings: Settings
) -> Instance:
    """Return the record with port and URL once `/api/health` answers.

    Raises `MonitorError` with the log's last lines where it ends, or never answers.
    """
    deadline = time.monotonic() + HEALTHY_WITHIN_S
    while time.monotonic() < deadline:
        code = server.poll()
        if code is not None:
            kind = PortTakenError if code == EXIT_PORT_TAKEN else MonitorError
            raise kind(f"The monitor ended with exit code {code}.{_log_end(instance)}")
        port = _port_in(settings.port_file)
        if port is not None:
            reached = replace(instance, port=port, url=_url(settings, port))
            if ask(reached.address, "/api/health", timeout_s=2.0):
                return reached
        time.sleep(POLL_S)
    raise MonitorError(
        f"The monitor did not answer within {HEALTHY_WITHIN_S:.0f} s.{_log_end(instance)}"
    )


def _url(settings: Settings, port: int) -> str:
    scheme = "http" if settings.certfile is None else "https"
    if settings.socket is not None:
        return f"{scheme}://localhost:5000/"
    local = is_loopback(settings.host)
    name = "localhost" if local else settings.public_host or host_name()
    return f"{scheme}://{name}:{port}/"


def _port_in(path: Path | None) -> int | None:
    """Return the port that is told, 0 where it is a UNIX socket; None until one answers."""
    try:
        return int(path.read_text(encoding="ascii")) if path is not None else None
    except (OSError, ValueError):
        return None


def _log_end(instance: Instance) -> str:
    lines = last_lines(Path(instance.log_file), LOG_LINES_SHOWN)
    return f" Last lines of {instance.log_file}:\n" + "\n".join(f"  {line}" for line in lines)
