"""Where a monitor listens: UNIX sockets and HTTPS, started as a user starts them."""

from __future__ import annotations

import http.client
import os
import signal
import ssl
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from served_monitor import Served, UnixConnection, ask
from unix_users import User, ask_as
from waiting import DEADLINE_S, wait_for


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A path for a socket, in a directory that is not there yet."""
    return tmp_path / "s" / "m"


def test_a_socket_answers_its_owner(serve: Callable[..., Served], path: Path) -> None:
    """Without a token, a port or a Host of ours; it is gone with the monitor."""
    served = serve("--socket", str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    status, headers, _ = ask(UnixConnection(path), "/api/status", host="anything.example")
    assert status == 200
    assert headers["x-content-type-options"] == "nosniff"
    assert served.end() == 0
    assert not path.exists()


def test_a_socket_is_nothing_to_another_user(
    serve: Callable[..., Served], users: tuple[User, User]
) -> None:
    """The system refuses the connection; root comes through and needs the token."""
    owner, colleague = users
    path = owner.home / "run" / "m.sock"
    serve("--socket", str(path), uid=owner.uid)
    assert ask_as(owner.uid, path, "/api/status")[0] == 200
    assert ask_as(colleague.uid, path, "/api/status")[0] == 0
    assert ask_as(0, path, "/api/status")[0] == 401


def test_after_kill_9_the_next_start_cleans_up(serve: Callable[..., Served], path: Path) -> None:
    """What a killed monitor left behind is in nobody's way."""
    first = serve("--socket", str(path))
    first.process.send_signal(signal.SIGKILL)
    first.process.wait(DEADLINE_S)
    assert path.exists()
    serve("--socket", str(path))
    assert ask(UnixConnection(path), "/api/status")[0] == 200


def test_a_second_monitor_at_the_same_socket_is_refused(
    serve: Callable[..., Served], path: Path
) -> None:
    """With the exit code of a taken port; the first goes on."""
    serve("--socket", str(path))
    second = serve("--socket", str(path), waits=False)
    assert second.process.wait(DEADLINE_S) == 4
    assert "listens at" in second.told()
    assert ask(UnixConnection(path), "/api/health")[0] == 200


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of ours for localhost, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    words = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-nodes", "-keyout", str(key), "-out", str(cert), "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
    ]  # fmt: skip
    subprocess.run(words, check=True, capture_output=True)
    return cert, key


def test_https_answers_with_the_certificate(
    serve: Callable[..., Served], certificate: tuple[Path, Path]
) -> None:
    """Verified by a client that knows it; the owner needs no token there either."""
    cert, key = certificate
    served = serve("--certfile", str(cert), "--keyfile", str(key))
    trust = ssl.create_default_context(cafile=str(cert))

    def connection() -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(
            "localhost", served.port, timeout=DEADLINE_S, context=trust
        )

    assert ask(connection(), "/api/status")[0] == 200
    status, headers, _ = ask(connection(), f"/?token={served.token}")
    assert status == 303
    assert "; Secure" in headers["set-cookie"]
    assert "https://" in served.told()


@pytest.mark.parametrize("fault", ["missing", "no certificate", "another key"])
def test_a_certificate_that_does_not_do_is_told(
    serve: Callable[..., Served], certificate: tuple[Path, Path], tmp_path: Path, fault: str
) -> None:
    """By the setting's name and the path, as wrong usage, without a trace."""
    cert, key = certificate
    wrong = tmp_path / "wrong.pem"
    if fault == "no certificate":
        wrong.write_text("rubbish")
    elif fault == "another key":
        subprocess.run(
            ["openssl", "genpkey", "-algorithm", "ED25519", "-out", str(wrong)], check=True
        )
    options = (cert, wrong) if fault == "another key" else (wrong, key)
    served = serve("--certfile", str(options[0]), "--keyfile", str(options[1]), waits=False)
    assert served.process.wait(DEADLINE_S) == 2
    assert "CERTFILE" in served.told()
    assert str(wrong) in served.told()
    assert "Traceback" not in served.told()


def test_the_configuration_is_read_again_at_sighup(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    """Names and bounds hold at once; what needs a new start is named; a fault changes nothing."""
    config = tmp_path / "config.py"
    config.write_text('ALLOW_HOSTS = ["old.example"]\n')
    served = serve("--config", str(config))
    assert served.get("/api/health", host="new.example")[0] == 403
    config.write_text('ALLOW_HOSTS = ["new.example"]\nMAX_STREAMS = 7\nLOG_LEVEL = "WARNING"\n')
    os.kill(served.process.pid, signal.SIGHUP)
    wait_for(lambda: served.get("/api/health", host="new.example")[0] == 200, "it is allowed")
    assert served.get("/api/health", host="old.example")[0] == 403
    assert "take effect at the next start: streams_max" in served.told()
    config.write_text("ALLOW_HOSTS = 5\n")
    os.kill(served.process.pid, signal.SIGHUP)
    wait_for(lambda: "The configuration is not taken" in served.told(), "the refusal is told")
    assert served.get("/api/health", host="new.example")[0] == 200
