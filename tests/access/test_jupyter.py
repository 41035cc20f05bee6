"""Behind a real Jupyter server with jupyter-server-proxy, by launcher and by port."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from behind_jupyter import KEY, jupyter_server
from served_monitor import Served, ask
from waiting import DEADLINE_S

pytest.importorskip("jupyter_server_proxy")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """A Jupyter server, watching a directory with a run."""
    folder = tmp_path_factory.mktemp("jupyter")
    data = folder / "data"
    data.mkdir()
    (data / "log_1979-01-01 00:15:00.txt").write_text("0.5\n0.25\n")
    with jupyter_server(folder, data) as port:
        yield port, folder


def _ask(port: int, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
    return ask(connection, path, authorization=f"token {KEY}", **headers)


def _first_event(port: int, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
    try:
        headers = {"Authorization": f"token {KEY}", "Accept": "text/event-stream"}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.getheader("content-type", "").startswith("text/event-stream")
        while line := answer.readline():
            if line.startswith(b"event: "):
                return line[7:].decode().strip()
    finally:
        connection.close()
    return ""


def test_the_launcher_starts_it(jupyter: tuple[int, Path]) -> None:
    """The entry stands in the launcher; its first visit starts a monitor at a socket."""
    port, folder = jupyter
    status, _, body = _ask(port, "/user/me/server-proxy/servers-info")
    assert status == 200
    entries = {entry["name"]: entry for entry in json.loads(body)["server_processes"]}
    assert entries["loss-monitor"]["launcher_entry"]["title"] == "Training loss"
    status, headers, body = _ask(port, "/user/me/loss-monitor/")
    assert status == 200, body
    assert b"<html" in body
    assert "frame-ancestors 'self'" in headers["content-security-policy"]
    status, _, body = _ask(port, "/user/me/loss-monitor/api/status")
    assert json.loads(body)["monitoring_dir"] == str(folder / "data")
    assert _first_event(port, "/user/me/loss-monitor/api/stream") == "snapshot"


def test_who_has_no_key_of_jupyters_gets_nothing(jupyter: tuple[int, Path]) -> None:
    """The proxy guards the socket, and the socket's directory is closed."""
    port, _ = jupyter
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
    status, _, body = ask(connection, "/user/me/loss-monitor/api/status")
    assert status in (302, 403)
    assert b"monitoring_dir" not in body


def test_a_monitor_at_a_port_is_reached_through_the_proxy(
    jupyter: tuple[int, Path], serve: Callable[..., Served]
) -> None:
    """`proxy/PORT/` as the README says; the owner's own proxy needs no token."""
    port, _ = jupyter
    served = serve()
    status, _, body = _ask(port, f"/user/me/proxy/{served.port}/api/status")
    assert status == 200, body
    assert json.loads(body)["monitoring_dir"] == str(served.data_dir)
    assert _first_event(port, f"/user/me/proxy/{served.port}/api/stream") == "snapshot"
    # Under a hub's name the owner names it once.
    hub = {"host": "hub.example.org"}
    assert _ask(port, f"/user/me/proxy/{served.port}/api/status", **hub)[0] in (403, 404)
