"""Every route there is: closed to strangers, and never a fault, whatever is asked."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from served_monitor import Served, ask, start_monitor
from unix_users import User, ask_as
from waiting import DEADLINE_S, wait_for

OPEN = {"/api/health"}


@pytest.fixture
def served(serve: Callable[..., Served]) -> Served:
    """A monitor of the test's own user."""
    return serve()


def test_every_route_but_health_refuses_a_stranger(
    serve: Callable[..., Served], users: tuple[User, User]
) -> None:
    """Whatever is added later stands in the description, and so in this test."""
    served = serve(uid=users[0].uid)
    place = ("127.0.0.1", served.port)
    status, described = ask_as(users[0].uid, place, "/api/openapi.json")
    assert status == 200
    assert isinstance(described, dict)
    paths = {re.sub(r"\{\w+\}", "1979-01-01T00-15-00", path) for path in described["paths"]}
    assert len(paths) > 15
    for path in sorted(paths | {"/", "/static/js/main.js", "/api/openapi.json", "/metrics"}):
        expected = 200 if path in OPEN else 401
        assert ask_as(users[1].uid, place, path)[0] == expected, path


def test_no_path_reaches_a_file_outside_of_the_page(served: Served) -> None:
    """Neither the watched data nor anything else is served as a file."""
    (served.folder / "secret.txt").write_text("nobody reads this")
    for climb in (
        "/../secret.txt", "/static/../../secret.txt", "/static/%2e%2e/%2e%2e/secret.txt",
        "/%2e%2e%2fsecret.txt", "//etc/passwd", "/static//etc/passwd", "/..%5csecret.txt",
        "/static/..%2f..%2f..%2f..%2fetc/passwd", "/log_1979-01-01%2000:15:00.txt", "/%00",
        "/static/js/../../../server.py", "/api/loss/by_timestep/..%2f..%2fsecret.txt",
    ):  # fmt: skip
        status, _, body = served.get(climb)
        assert status in (400, 404), climb
        assert b"nobody reads" not in body
        assert b"root:" not in body
        assert b"import" not in body


_text = st.text(st.characters(min_codepoint=1, max_codepoint=0xFF), max_size=60)
_name = st.sampled_from(
    ["Host", "Origin", "Cookie", "Authorization", "Accept-Encoding", "If-None-Match", "Range",
     "Last-Event-ID", "X-Forwarded-Prefix", "X-Forwarded-For", "Sec-Fetch-Site", "Content-Length",
     "Transfer-Encoding", "Expect", "Upgrade", "Connection", "X-Anything"]
)  # fmt: skip
_path = st.one_of(
    st.sampled_from(["/", "/api/status", "/api/loss/range", "/api/tensorboard/scalars", "/x"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=80).map("/".__add__),
    st.text(max_size=30).map(lambda text: "/api/loss/by_timestep/" + text),
)


@pytest.fixture(scope="module")
def one_server() -> Iterator[int]:
    """The port of one server for all examples of the fuzz."""
    folder = Path(tempfile.mkdtemp(prefix="loss-monitor-"))
    served = start_monitor(folder, (), os.geteuid())
    wait_for((folder / "port").exists, "the server listens")
    yield served.port
    assert served.process.poll() is None, served.told()
    assert "Traceback" not in served.told()
    served.process.kill()
    served.process.wait()
    shutil.rmtree(folder, ignore_errors=True)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(path=_path, headers=st.lists(st.tuples(_name, _text), max_size=6), query=_text)
def test_no_header_and_no_path_is_a_fault(
    one_server: int, path: str, headers: list[tuple[str, str]], query: str
) -> None:
    """Whatever bytes come: an answer below 500 in the one form of errors, and no trace."""
    lines = [f"GET {path}?{query} HTTP/1.1", "Connection: close"]
    if not any(name == "Host" for name, _ in headers):
        lines.append("Host: localhost")
    lines += [f"{name}: {value}" for name, value in headers]
    request = "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n"
    with socket.create_connection(("127.0.0.1", one_server), timeout=DEADLINE_S) as held:
        held.sendall(request)
        held.shutdown(socket.SHUT_WR)
        answer = b""
        while b"\r\n\r\n" not in answer and (piece := held.recv(65536)):
            answer += piece
    if not answer:
        # Closed without a word: what came was no request yet.
        return
    status = int(answer.split(b" ", 2)[1])
    assert 200 <= status < 500 or status == 503, answer[:300]


def test_the_server_answers_after_all_that(one_server: int) -> None:
    """It is the same process, and it logged no trace (looked at in the end)."""
    connection = http.client.HTTPConnection("127.0.0.1", one_server, timeout=DEADLINE_S)
    assert ask(connection, "/api/status")[0] == 200


@pytest.mark.slow
def test_no_route_answers_a_fault_or_other_than_it_describes(
    served: Served, tmp_path: Path
) -> None:
    """schemathesis asks what the description allows, and what it does not."""
    pytest.importorskip("schemathesis")
    done = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "run",
            f"http://127.0.0.1:{served.port}/api/openapi.json",
            "--exclude-path", "/api/stream",
            "--max-examples", "10", "--no-color",
            "--checks", "all", "--request-timeout", "30", "--seed", "1",
            # A bound that is a setting, or one parameter's that depends on another's.
            "--exclude-checks", "positive_data_acceptance",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "Tested:" in done.stdout
    assert "Traceback" not in served.told()
