"""Connections of a real server: slow ones, too many, too large, and the owner beside them."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from typing import Any

import pytest

from waiting import DEADLINE_S


def _connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S)


def _rest(held: socket.socket) -> bytes:
    answer = b""
    while piece := held.recv(65536):
        answer += piece
    return answer


def test_a_request_that_does_not_come_to_its_end_is_given_up(
    start_server: Callable[..., Any],
) -> None:
    """Header by header for ever holds a place for a moment only; the answer says why."""
    running = start_server(bounds={"head_timeout_s": 0.5})
    with _connect(running.port) as held:
        held.sendall(b"GET /api/health HTTP/1.1\r\nHost: localhost\r\nX: ")
        answer = _rest(held)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert "within 0.5 s" in json.loads(answer.partition(b"\r\n\r\n")[2])["error"]


def test_a_connection_without_a_word_is_closed_silently(start_server: Callable[..., Any]) -> None:
    """A browser connects ahead of need, and would show an answer that it did not ask for."""
    running = start_server(bounds={"head_timeout_s": 0.3})
    with _connect(running.port) as held:
        assert _rest(held) == b""


def test_a_second_request_has_to_come_whole_as_well(start_server: Callable[..., Any]) -> None:
    """The clock runs for each request of a connection, not for its first one only."""
    running = start_server(bounds={"head_timeout_s": 2.0})
    with _connect(running.port) as held:
        held.sendall(b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /api/hea")
        answer = b""
        while b"healthy" not in answer:
            answer += held.recv(65536)
        held.sendall(b"lth HTTP/1.1\r\nHo")
        assert b"HTTP/1.1 408 " in answer + _rest(held)


def test_strangers_who_take_all_their_places_leave_the_owner_his(
    start_server: Callable[..., Any], build: Any
) -> None:
    """One who is over his measure is told so at once, and may come again."""
    running = start_server(
        own_uid=os.geteuid() + 1, bounds={"connections_max": 64, "connections_each_max": 3}
    )
    held = [_connect(running.port) for _ in range(5)]
    answers = [_rest(one) for one in held[3:]]
    assert all(answer.startswith(b"HTTP/1.1 503 ") for answer in answers)
    assert all(b"retry-after: 1" in answer for answer in answers)
    for one in held:
        one.close()


def test_the_owner_is_answered_beside_a_hundred_slow_connections(running: Any, build: Any) -> None:
    """Slow headers hold places, not the server."""
    running.publish(build.run([1.0]))
    held = [_connect(running.port) for _ in range(100)]
    for one in held:
        one.sendall(b"GET / HTTP/1.1\r\nX-")
    assert running.get("/api/status").status_code == 200
    for one in held:
        one.close()


def test_an_address_or_header_that_is_too_long_is_told_with_the_bound(
    start_server: Callable[..., Any], raw_request: Any
) -> None:
    """The bound is a setting, and the answer names it."""
    running = start_server(bounds={"head_bytes_max": 2048})
    for request in (
        b"GET /?x=" + b"a" * 5000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 5000 + b"\r\n\r\n",
    ):
        answer = raw_request(running.port, request)
        assert answer.startswith(b"HTTP/1.1 431 ")
        assert b"2048 bytes" in answer


@pytest.mark.parametrize(
    "headers",
    [{"content-length": "100000"}, {"transfer-encoding": "chunked"}],
    ids=["long", "of unknown length"],
)
def test_a_body_is_refused(running: Any, raw_request: Any, headers: dict[str, str]) -> None:
    """Nothing here takes one; who sends gigabytes is told before they are read."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    request = f"GET /api/status HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode()
    answer = raw_request(running.port, request)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"send none" in answer


def test_who_asks_too_often_is_told_when_to_ask_again(start_server: Callable[..., Any]) -> None:
    """A stranger's flood costs a short answer each; the owner has a measure of his own."""
    running = start_server(own_uid=os.geteuid() + 1, bounds={"requests_per_s_each_max": 5})
    statuses: list[int] = []
    while 429 not in statuses:
        refused = running.get("/api/status")
        statuses.append(refused.status_code)
        assert len(statuses) < 200, statuses
    assert statuses[:5] == [401] * 5
    assert refused.headers["retry-after"] == "1"
    assert "less often" in refused.json()["error"]


def test_the_owner_may_ask_a_hundred_times_a_second(running: Any, build: Any) -> None:
    """The interface's promise to scripts."""
    running.publish(build.run([1.0]))
    assert {running.get("/api/loss/current").status_code for _ in range(150)} == {200}


def test_a_wrong_token_is_answered_late(
    start_server: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    """And the log tells of it, without the token."""
    running = start_server(own_uid=os.geteuid() + 1)
    wrong = "wrong-token-0123456789abcdef0123456"
    answer = running.get(f"/api/status?token={wrong}")
    assert answer.status_code == 401
    assert answer.elapsed.total_seconds() >= 0.5
    told = [one.getMessage() for one in caplog.records if one.name.startswith("loss_monitor")]
    assert any("wrong token was presented" in words for words in told)
    assert not any(wrong in words for words in told)
    assert wrong not in answer.text
