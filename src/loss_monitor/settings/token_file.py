"""The token: a secret of this user in a file that nobody else can read.

Enters: the state directory. Leaves: the token's text. All monitors of a user share one file;
a server looks at it again when somebody presents a token, so that a rotation holds at once.
Standard library only.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import time
from pathlib import Path

from loss_monitor.errors import MonitorError

TOKEN_FILE = "token"
_TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,128}", re.ASCII)
_LOOK_EVERY_S = 1.0


class Token:
    """A token as a server knows it: fixed, or as its file has it now."""

    def __init__(self, text: str, path: Path | None = None) -> None:
        """Begin with `text`; `path` is the file that may bring another one, None: never."""
        self._text = text
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._looked_s = -_LOOK_EVERY_S

    def current(self) -> str:
        """Return the token; its file is looked at once a second at most."""
        now_s = time.monotonic()
        if self._path is not None and now_s - self._looked_s >= _LOOK_EVERY_S:
            self._looked_s = now_s
            self._look(self._path)
        return self._text

    def _look(self, path: Path) -> None:
        try:
            status = os.stat(path)
        except OSError:
            # A home directory that does not answer for a moment locks nobody out.
            return
        seen = (status.st_mtime_ns, status.st_ino)
        if seen != self._seen:
            self._seen = seen
            self._text = read_token(path) or self._text


def load_token(state_dir: Path) -> Token:
    """Return this user's token from a file that nobody else can read; make it if missing.

    A file that others could read, or that is no token, is replaced by a new one. Raises
    MonitorError where the state directory cannot be written.
    """
    path = state_dir / TOKEN_FILE
    return Token(read_token(path) or _made(path, replace=False), path)


def rotate_token(state_dir: Path) -> Token:
    """Make a new token in the place of the old one, which is worth nothing from then on."""
    path = state_dir / TOKEN_FILE
    return Token(_made(path, replace=True), path)


def read_token(path: Path) -> str | None:
    """Return the token in `path`, None where there is none that can be trusted."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        private = status.st_uid == os.geteuid() and not status.st_mode & 0o077
        if not private or not stat.S_ISREG(status.st_mode):
            return None
        text = file.read(256).decode("ascii", "replace").strip()
    return text if _TOKEN.fullmatch(text) else None


def _made(path: Path, *, replace: bool) -> str:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _make_token(path, replace=replace)
    except OSError as error:
        raise MonitorError(
            f"cannot keep the access token in {path}: {error.strerror}; "
            "set XDG_STATE_HOME to a directory of yours"
        ) from error


def _make_token(path: Path, *, replace: bool) -> str:
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    made = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(token + "\n")
        if replace or os.path.lexists(path):
            os.replace(made, path)
            return token
        try:
            # Of two monitors that start at once, the second takes the first one's token.
            os.link(made, path)
        except FileExistsError:
            return read_token(path) or token
        except OSError:
            # Some file systems have no hard links.
            os.replace(made, path)
        return token
    finally:
        made.unlink(missing_ok=True)
