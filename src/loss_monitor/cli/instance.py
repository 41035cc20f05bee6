"""The record of the monitor that `start` started on a node: written, read, cleaned up.

Enters: the state directory. Leaves: `Instance`. One JSON file per node,
`hosts/<node>/monitor.json`, written whole under another name and renamed into place.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from loss_monitor.cli.ask import Address
from loss_monitor.cli.process import is_running, process_mark
from loss_monitor.errors import MonitorError
from loss_monitor.settings.places import host_dir, host_name, state_dir

RECORD_NAME = "monitor.json"
PORT_FILE_NAME = "port"
LOCK_NAME = "start.lock"
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC
LOCK_FILLED_WITHIN_S = 10.0
"""A lock file is filled right after it was made; a longer empty one was left behind."""
DEMO_DIR_NAME = "demo"


@dataclass(frozen=True)
class Instance:
    """What is known of a started monitor."""

    pid: int
    mark: str
    """Tells the process from a later one of the same number."""
    node: str
    user: str
    url: str = ""
    """Empty until it answered for the first time. Holds no token."""
    host: str = ""
    """The address it listens at."""
    port: int = 0
    unix_socket: str = ""
    """Its path, where it listens at one in place of a port."""
    data_dir: str = ""
    job_logs: tuple[str, ...] = ()
    log_file: str = ""
    started_at: float = 0.0
    """Seconds since 1970-01-01 UTC."""
    version: str = ""
    public_host: str = ""
    demo_pid: int = 0
    """The demo's trainer; 0: none."""
    demo_mark: str = ""

    @property
    def runs(self) -> bool:
        """True while the process lives; means something on its own node only."""
        return is_running(self.pid, self.mark)

    @property
    def address(self) -> Address:
        """Where it is asked."""
        is_https = self.url.startswith("https:")
        return Address(self.host, self.port, self.unix_socket, is_https)

    @property
    def processes(self) -> tuple[tuple[int, str], ...]:
        """Numbers and marks of its processes, the server first."""
        trainer = ((self.demo_pid, self.demo_mark),) if self.demo_pid else ()
        return ((self.pid, self.mark), *trainer)


def read_instance(environ: Mapping[str, str]) -> Instance | None:
    """Return what was recorded on this node, whether it still runs or not."""
    return _read(host_dir(environ) / RECORD_NAME)


def instances_elsewhere(environ: Mapping[str, str]) -> list[Instance]:
    """Return what was recorded on other nodes of this home; nobody here knows if they run."""
    here = host_name()
    found = [
        _read(path) for path in sorted((state_dir(environ) / "hosts").glob(f"*/{RECORD_NAME}"))
    ]
    return [instance for instance in found if instance is not None and instance.node != here]


def write_instance(instance: Instance, environ: Mapping[str, str]) -> None:
    """Write the record of this node, whole or not at all; raises `MonitorError`."""
    path = make_host_dir(environ) / RECORD_NAME
    made = path.with_name(f".{RECORD_NAME}.{os.getpid()}")
    with _refusal_told(path):
        try:
            with open(os.open(made, _NEW_FILE, 0o600), "w", encoding="utf-8") as file:
                json.dump(asdict(instance), file, indent=1)
            os.replace(made, path)
        finally:
            made.unlink(missing_ok=True)


def forget_instance(environ: Mapping[str, str]) -> None:
    """Remove the record of this node and its port file; the demo's data stay."""
    for name in (RECORD_NAME, PORT_FILE_NAME):
        (host_dir(environ) / name).unlink(missing_ok=True)


def make_host_dir(environ: Mapping[str, str]) -> Path:
    """Return this node's state directory, made where it is missing, closed to others."""
    folder = host_dir(environ)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise MonitorError(
            f"The state directory {folder} cannot be made: {error.strerror}; "
            "XDG_STATE_HOME names another place"
        ) from error
    return folder


@contextmanager
def start_lock(environ: Mapping[str, str]) -> Iterator[None]:
    """Hold this node's right to start; raises `MonitorError` where it cannot be had.

    While another start holds it, or where the lock cannot be written. A file made exclusively
    rather than a lock of the system: on cluster file systems `flock` may be switched off. What
    a killed start left behind is known by its mark.
    """
    path = make_host_dir(environ) / LOCK_NAME
    mine = f"{os.getpid()} {process_mark(os.getpid())}"
    for last_try in (False, True):
        try:
            with _refusal_told(path):
                handle = os.open(path, _NEW_FILE | os.O_EXCL, 0o600)
            break
        except FileExistsError:
            pid, _, mark = _text(path).partition(" ")
            held = is_running(int(pid), mark) if pid.isdigit() else _is_new(path)
            if last_try or held:
                raise MonitorError(
                    f"Another start (PID {pid or 'unknown'}) is under way on {host_name()}; "
                    "try again when it has ended"
                ) from None
            path.unlink(missing_ok=True)
    try:
        with _refusal_told(path), os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(mine)
        yield
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def _refusal_told(path: Path) -> Iterator[None]:
    """Make a `MonitorError` of what the file system refuses, such as beyond a quota."""
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        raise MonitorError(
            f"{path} cannot be written: {error.strerror}; XDG_STATE_HOME names another place"
        ) from error


def _is_new(path: Path) -> bool:
    """Tell whether a lock without a number was made just now, by one about to fill it."""
    try:
        return abs(time.time() - path.stat().st_mtime) < LOCK_FILLED_WITHIN_S
    except OSError:
        return False


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


def _read(path: Path) -> Instance | None:
    """Return a record, or None where there is none or it is not one of ours."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict):
        return None
    known = {field.name: field for field in fields(Instance)}
    values = {name: value for name, value in found.items() if name in known}
    try:
        values["pid"] = int(values["pid"])
        values["demo_pid"] = int(values.get("demo_pid", 0))
        values["port"] = int(values.get("port", 0))
        values["started_at"] = float(values.get("started_at", 0.0))
        values["job_logs"] = tuple(str(one) for one in values.get("job_logs", ()))
        return Instance(**values)
    except (KeyError, TypeError, ValueError):
        return None
