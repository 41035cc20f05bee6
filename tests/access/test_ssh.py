"""A real tunnel: OpenSSH's server on this node, `ssh -L` to a port and to a UNIX socket.

The near end of a tunnel is the laptop; at the far end the login user's own sshd connects to
the monitor, so that the kernel names the owner.
"""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from served_monitor import Served, ask
from unix_users import User
from waiting import DEADLINE_S, wait_for

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not os.path.exists(SSHD) or shutil.which("ssh") is None,
    reason="a real SSH server takes root and Debian's openssh-server",
)


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def sshd(
    users: tuple[User, User], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[int, Path]]:
    """A server at a high loopback port that knows one key for both users."""
    folder = tmp_path_factory.mktemp("sshd")
    for name in ("host", "user"):
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(words, check=True)
    # A key file has to be readable for the user who logs in.
    keys = Path("/etc/ssh") / f"loss-monitor-test-{os.getpid()}"
    shutil.copy(folder / "user.pub", keys)
    keys.chmod(0o644)
    os.makedirs("/run/sshd", exist_ok=True)
    port = _free_port()
    settings = {
        "Port": port, "ListenAddress": "127.0.0.1", "HostKey": folder / "host",
        "AuthorizedKeysFile": keys, "StrictModes": "no", "UsePAM": "no", "PidFile": "none",
        "PasswordAuthentication": "no", "AllowStreamLocalForwarding": "yes",
    }  # fmt: skip
    config = folder / "sshd_config"
    config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([SSHD, "-D", "-e", "-f", str(config)], stdout=log, stderr=log)
        try:
            wait_for(lambda: _answers(port), "sshd listens")
            yield port, folder / "user"
        finally:
            server.terminate()
            server.wait(DEADLINE_S)
            keys.unlink()


@contextmanager
def _tunnel(sshd: tuple[int, Path], user: User, far_end: str) -> Iterator[int]:
    """Hold a tunnel from a free port of this machine, logged in as `user`."""
    port, key = sshd
    near = _free_port()
    words = [
        "ssh", "-F", "none", "-i", str(key), "-p", str(port), "-N", "-o", "BatchMode=yes",
        "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
        "-o", "ExitOnForwardFailure=yes", "-L", f"127.0.0.1:{near}:{far_end}",
        f"{user.name}@127.0.0.1",
    ]  # fmt: skip
    with subprocess.Popen(words, stderr=subprocess.PIPE) as client:
        try:
            wait_for(lambda: _answers(near) or client.poll() is not None, "the tunnel is open")
            assert client.poll() is None, client.stderr.read() if client.stderr else ""
            yield near
        finally:
            client.terminate()


def _status(near: int, path: str = "/api/status") -> int:
    """Return the status of an answer through the tunnel, 0 where there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", near, timeout=DEADLINE_S)
    try:
        return ask(connection, path)[0]
    except (http.client.RemoteDisconnected, ConnectionError):
        return 0


def test_the_owners_tunnel_needs_no_token(
    serve: Callable[..., Served], sshd: tuple[int, Path], users: tuple[User, User]
) -> None:
    """The line that `start` prints is all that he types."""
    served = serve(uid=users[0].uid)
    with _tunnel(sshd, users[0], f"localhost:{served.port}") as near:
        assert _status(near) == 200
        assert _status(near, "/") == 200


def test_a_colleagues_tunnel_needs_the_token(
    serve: Callable[..., Served], sshd: tuple[int, Path], users: tuple[User, User]
) -> None:
    """The same line, typed by somebody else, leads to a closed door."""
    served = serve(uid=users[0].uid)
    with _tunnel(sshd, users[1], f"localhost:{served.port}") as near:
        assert _status(near) == 401
        assert _status(near, "/api/health") == 200
        assert _status(near, f"/api/status?token={served.token}") == 303


def test_a_tunnel_to_the_socket_is_the_owners_alone(
    serve: Callable[..., Served], sshd: tuple[int, Path], users: tuple[User, User]
) -> None:
    """The system itself refuses a colleague: the directory is closed."""
    owner, colleague = users
    path = owner.home / "monitor" / "m.sock"
    serve("--socket", str(path), uid=owner.uid)
    with _tunnel(sshd, owner, str(path)) as near:
        assert _status(near) == 200
    with _tunnel(sshd, colleague, str(path)) as near:
        assert _status(near) == 0
