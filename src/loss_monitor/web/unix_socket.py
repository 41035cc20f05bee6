"""The UNIX socket: a path in, a listening socket that only its owner reaches out.

The kernel checks nothing but permissions here, so the socket has mode 0600 in a directory
that is its owner's and closed to everybody else (0700). A socket that a killed server left
behind is replaced; one that somebody listens at is respected.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
from pathlib import Path

from loss_monitor.errors import MonitorError, PortTakenError, SettingError
from loss_monitor.source.filesystem import file_system_of, is_network
from loss_monitor.web.listening import BACKLOG

PATH_BYTES_MAX = 107
"""`sun_path` of unix(7) has 108 bytes, the last of which is a zero."""
_OTHERS = 0o077


def listen_at_path(path: Path) -> socket.socket:
    """Return a socket that listens at `path`; its directory is made where it is missing.

    Raises SettingError for a path that cannot be had, PortTakenError where a server listens
    at it already.
    """
    if len(os.fsencode(path)) > PATH_BYTES_MAX:
        raise SettingError(
            f"SOCKET {path} is {len(os.fsencode(path))} bytes long; allowed are "
            f"{PATH_BYTES_MAX}: name one below $XDG_RUNTIME_DIR or /tmp"
        )
    _check_directory(path.parent)
    _remove_stale(path)
    held = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # The mode has to be right from the first moment: between bind and chmod lies a gap.
    before = os.umask(0o177)
    try:
        held.bind(os.fspath(path))
        held.listen(BACKLOG)
    except OSError as error:
        held.close()
        if error.errno == errno.EADDRINUSE:
            raise _taken(path) from error
        raise MonitorError(f"cannot listen at {path}: {error.strerror}") from error
    finally:
        os.umask(before)
    return held


def identity_of(path: Path) -> tuple[int, int] | None:
    """Return what tells the file at `path` from a later one of its name, None without one."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def remove_own(path: Path, identity: tuple[int, int] | None) -> None:
    """Remove the socket's file unless another server has made its own there since."""
    if identity is not None and identity_of(path) == identity:
        with contextlib.suppress(OSError):
            path.unlink()


def _check_directory(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except OSError as error:
        raise SettingError(f"SOCKET in {folder}: {error.strerror}; name another place") from error
    remedy = "allowed is a directory of yours that is closed to others (chmod 700)"
    if status.st_uid != os.geteuid():
        raise SettingError(f"SOCKET in {folder}, which is another user's; {remedy}")
    if status.st_mode & _OTHERS:
        mode = stat.S_IMODE(status.st_mode)
        raise SettingError(f"SOCKET in {folder}, which has mode {mode:04o}; {remedy}")
    if is_network(folder):
        kind = file_system_of(folder)
        raise SettingError(
            f"SOCKET in {folder}, which is on {kind}; allowed is a local file system: sockets "
            "do not work across the nodes that share this one"
        )


def _remove_stale(path: Path) -> None:
    """Remove what a killed server left at `path`; raises where it is anything else."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(status.st_mode):
        raise SettingError(f"SOCKET {path} is there and is no socket; name another path")
    if _is_live(path):
        raise _taken(path)
    path.unlink(missing_ok=True)


def _is_live(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asked:
        asked.settimeout(1.0)
        try:
            asked.connect(os.fspath(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            # A server whose queue is full is alive.
            return True
    return True


def _taken(path: Path) -> PortTakenError:
    return PortTakenError(f"a server listens at {path} already; stop it or name another path")
