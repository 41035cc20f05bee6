"""Users of this machine, made for tests, and questions asked in their name."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from waiting import DEADLINE_S, wait_for


@dataclass(frozen=True)
class User:
    """A user of this machine, made for the tests."""

    name: str
    uid: int
    home: Path


@contextmanager
def new_user(letter: str) -> Iterator[User]:
    """Make a user with a home and a shell, and remove both in the end."""
    name = f"lm-test-{os.getpid() % 100_000}{letter}"
    subprocess.run(
        ["useradd", "--create-home", "--shell", "/bin/sh", "--password", "*", name],
        check=True,
        capture_output=True,
    )
    entry = pwd.getpwnam(name)
    try:
        yield User(name, entry.pw_uid, Path(entry.pw_dir))
    finally:
        subprocess.run(["userdel", "--remove", name], check=False, capture_output=True)


ASK_AS = """
import os, socket, sys
uid, family, address = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
os.setgroups([]); os.setgid(uid); os.setuid(uid)
held = socket.socket(getattr(socket, family))
held.settimeout(60)
held.connect(address[0] if family == "AF_UNIX" else (address[0], int(address[1])))
held.sendall(sys.stdin.buffer.read())
while piece := held.recv(65536):
    sys.stdout.buffer.write(piece)
"""


def ask_as(
    uid: int, place: tuple[str, int] | Path, path: str, **headers: str
) -> tuple[int, dict[str, Any] | str]:
    """Ask as user `uid` over a port or a socket; return status and parsed body.

    Asks again while the monitor has not looked yet (503). Status 0 stands for a connection that
    was not had, with the reason.
    """
    lines = {"host": "localhost", "connection": "close"}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    request = f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()
    if isinstance(place, Path):
        address = ["AF_UNIX", str(place)]
    else:
        address = ["AF_INET6" if ":" in place[0] else "AF_INET", place[0], str(place[1])]
    command = [sys.executable, "-c", ASK_AS, str(uid), *address]

    def answered() -> subprocess.CompletedProcess[bytes] | None:
        done = subprocess.run(
            command, input=request, capture_output=True, check=False, timeout=DEADLINE_S, cwd="/"
        )
        return None if done.stdout.startswith(b"HTTP/1.1 503 ") else done

    done: subprocess.CompletedProcess[bytes] = wait_for(answered, "it has looked")
    if done.returncode:
        return 0, done.stderr.decode(errors="replace").strip().splitlines()[-1]
    head_bytes, _, body = done.stdout.partition(b"\r\n\r\n")
    status = int(head_bytes.split(b" ")[1])
    return status, json.loads(body) if body.startswith(b"{") else body.decode()
