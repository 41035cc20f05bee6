"""The gate over a real server: users, tokens, names, headers, methods."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from loss_monitor.web import models
from waiting import DEADLINE_S

TOKEN = "a-token-for-tests-0123456789abcdef"
OTHER_UID = 12345
ROUTES = [
    "/",
    "/static/index.html",
    "/api/status",
    "/api/loss/current",
    "/api/loss/history",
    "/api/loss/statistics",
    "/api/loss/timesteps",
    "/api/loss/by_timestep/1979-01-01T00-00-00",
    "/api/loss/range",
    "/api/loss/distribution",
    "/api/tensorboard/available",
    "/api/tensorboard/tags",
    "/api/tensorboard/scalars",
    "/api/tensorboard/histograms?tag=x",
    "/api/runs",
    "/api/activity",
    "/api/alerts",
    "/api/summary.txt",
    "/api/stream",
    "/api/openapi.json",
    "/api/nothing",
]

POLICY = (
    "default-src 'self'", "connect-src 'self'", "img-src 'self' data: blob:",
    "frame-ancestors 'self'", "base-uri 'none'", "form-action 'none'",
)  # fmt: skip

AS_OTHER_USER = """
import os, socket, sys
os.setgid(int(sys.argv[1])); os.setuid(int(sys.argv[1]))
held = socket.socket()
held.connect(("127.0.0.1", int(sys.argv[2])))
held.sendall(sys.stdin.buffer.read())
held.settimeout(60)
while piece := held.recv(65536):
    sys.stdout.buffer.write(piece)
"""


@pytest.fixture
def strangers(start_server: Callable[..., Any], build: Any) -> Any:
    """A server whose owner is another user than the test: everybody is a stranger."""
    running = start_server(own_uid=os.geteuid() + 1)
    running.publish(build.run([1.0, 2.0]))
    return running


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user takes root")
def test_another_user_of_the_node_is_not_let_in(running: Any, build: Any) -> None:
    """A real process of another user gets 401 everywhere but from health; with token all."""
    running.publish(build.run([1.0]))

    def ask(path: str, *headers: str) -> bytes:
        lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
        request = "\r\n".join([*lines, "", ""]).encode()
        command = [sys.executable, "-c", AS_OTHER_USER, str(OTHER_UID), str(running.port)]
        done = subprocess.run(
            command, input=request, capture_output=True, check=True, timeout=DEADLINE_S
        )
        return done.stdout.partition(b"\r\n")[0]

    assert ask("/api/status") == b"HTTP/1.1 401 Unauthorized"
    assert ask("/api/status", "X-Forwarded-For: 127.0.0.1") == b"HTTP/1.1 401 Unauthorized"
    assert ask("/api/status", f"Authorization: Bearer {TOKEN}") == b"HTTP/1.1 200 OK"
    assert ask("/api/health") == b"HTTP/1.1 200 OK"


def test_only_health_answers_strangers(strangers: Any) -> None:
    """Every other route, known or not, says 401 in JSON, and how to get in."""
    for path in ROUTES:
        answer = strangers.get(path)
        assert answer.status_code == 401, path
        models.ErrorAnswer.model_validate_json(answer.content, strict=True)
        assert "token" in answer.json()["error"]
        assert answer.headers["www-authenticate"] == "Bearer"
    health = strangers.get("/api/health")
    assert health.status_code == 200
    models.HealthAnswer.model_validate_json(health.content, strict=True)


@pytest.mark.parametrize(
    "headers",
    [
        {"x_forwarded_for": "127.0.0.1"},
        {"x_real_ip": "127.0.0.1"},
        {"forwarded": "for=127.0.0.1"},
        {"authorization": "Bearer"},
        {"authorization": "Bearer wrong"},
        {"authorization": f"Basic {TOKEN}"},
        {"authorization": TOKEN},
        {"cookie": "loss_monitor=1"},
    ],
)
def test_no_header_but_the_token_lets_a_stranger_in(strangers: Any, headers: Any) -> None:
    """Who connects is known from the connection, never from what it says."""
    assert strangers.get("/api/status", **headers).status_code == 401


def test_the_token_lets_in(strangers: Any) -> None:
    """As a bearer token, for scripts."""
    bearer = {"authorization": f"Bearer {TOKEN}"}
    assert strangers.get("/api/status", **bearer).json()["total_batches"] == 2


def test_a_link_with_the_token_sets_a_cookie_and_cleans_the_address(strangers: Any) -> None:
    """Once; afterwards the cookie is enough, and no address or history holds the token."""
    with httpx.Client(base_url=strangers.url, trust_env=False, timeout=DEADLINE_S) as browser:
        first = browser.get(f"/api/loss/history?limit=1&token={TOKEN}")
        assert first.status_code == 303
        assert first.headers["location"] == "./history?limit=1"
        assert first.content == b""
        cookie = first.headers["set-cookie"]
        name = cookie.partition("=")[0]
        assert TOKEN not in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert "Path" not in cookie
        assert "Secure" not in cookie
        value = first.cookies[name]
    sent = {"cookie": f"{name}={value}"}
    assert strangers.get("/api/loss/history?limit=1", **sent).status_code == 200
    assert strangers.get("/", **sent).status_code in {200, 404}
    wrong = {"cookie": f"{name}={value[:-1]}0"} if value[-1] != "0" else {"cookie": f"{name}=0"}
    assert strangers.get("/api/status", **wrong).status_code == 401


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/?token={}", "/user/me/proxy/5000/"),
        ("/?view=a%20b&token={}", "/user/me/proxy/5000/?view=a+b"),
        ("/?token={}&token={}", "/user/me/proxy/5000/"),
        ("/api/status?token={}", "/user/me/proxy/5000/api/status"),
        ("/api/loss/by_timestep/1979-01-01%2000:00:00?token={}",
         "/user/me/proxy/5000/api/loss/by_timestep/1979-01-01%2000%3A00%3A00"),
        ("/%2F%2Fevil.example?token={}", None),
        ("//evil.example/?token={}", None),
        ("/%0D%0Aset-cookie:a=b?token={}", None),
    ],
)  # fmt: skip
def test_the_redirect_is_relative_and_stays_here(
    strangers: Any, path: str, expected: str | None
) -> None:
    """So that it holds behind any proxy's prefix, and never leads to another host."""
    answer = strangers.get(path.replace("{}", TOKEN), host="localhost")
    location = answer.headers["location"]
    assert location.startswith("./")
    assert "\n" not in location
    assert TOKEN not in location
    base = "https://hub.example/user/me/proxy/5000" + path.replace("{}", TOKEN)
    target = urljoin(base, location)
    assert target.startswith("https://hub.example/user/me/proxy/5000/")
    if expected is not None:
        assert target == "https://hub.example" + expected


def test_a_wrong_token_in_the_address_is_no_key(strangers: Any, running: Any, build: Any) -> None:
    """A stranger is refused; the owner is led to the clean address without a cookie."""
    assert strangers.get("/?token=wrong").status_code == 401
    assert strangers.get("/?token=").status_code == 401
    running.publish(build.run([1.0]))
    answer = running.get("/api/status?token=old")
    assert answer.status_code == 303
    assert "set-cookie" not in answer.headers


def test_a_proxys_own_key_does_not_lead_away_from_the_page(running: Any, build: Any) -> None:
    """Below a prefix the page may have been opened without its final slash; it stays there."""
    running.publish(build.run([1.0]))
    answer = running.get("/?token=of-jupyter", x_forwarded_prefix="/user/me/proxy/5000")
    assert answer.status_code == 200
    assert b'"/user/me/proxy/5000/' in answer.content


def test_foreign_hosts_and_origins_are_refused_for_the_owner_too(running: Any, build: Any) -> None:
    """A web page in the owner's own browser is not the owner."""
    running.publish(build.run([1.0]))
    own = f"http://127.0.0.1:{running.port}"
    assert running.get("/api/status", host="evil.example").status_code == 403
    assert "--allow-host evil.example" in running.get("/", host="evil.example").json()["error"]
    assert running.get("/api/status", origin="https://evil.example").status_code == 403
    assert running.get("/api/stream", origin="null").status_code == 403
    assert running.get("/api/status", origin=own).status_code == 200
    assert running.get("/api/status", host="localhost:9999").status_code == 200


def test_configured_origins_may_read(start_server: Callable[..., Any], build: Any) -> None:
    """CORS is off but for them; a preflight is answered without access."""
    running = start_server(origins=["https://dash.example"])
    running.publish(build.run([1.0]))
    answer = running.get("/api/status", origin="https://dash.example")
    assert answer.headers["access-control-allow-origin"] == "https://dash.example"
    assert answer.headers["vary"] == "origin"
    assert "access-control-allow-origin" not in running.get("/api/status").headers
    preflight = running.client.options(
        running.url + "/api/status",
        headers={"origin": "https://dash.example", "access-control-request-method": "GET"},
    )
    assert preflight.status_code == 200
    assert "Authorization" in preflight.headers["access-control-allow-headers"]
    assert running.client.options(running.url + "/api/status").status_code == 405


def test_every_answer_has_the_security_headers(running: Any, build: Any) -> None:
    """Also refusals, redirects and what is not found."""
    running.publish(build.run([1.0]))
    paths = ["/", "/api/status", "/api/nothing", "/?token=x", "/api/loss/history?limit=x"]
    answers = [running.get(path) for path in paths]
    answers.append(running.get("/", host="evil.example"))
    answers.append(running.client.post(running.url + "/api/status"))
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert set(POLICY) <= set(policy.split("; "))
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "server" not in answer.headers
        assert "<" not in answer.text or answer.headers["content-type"].startswith("text/html")


def test_parts_of_a_page_have_the_headers_that_parts_heed(running: Any) -> None:
    """A hundred scripts need no policy of documents each; their type is never guessed."""
    for path in ("/js/main.js", "/css/tokens.css"):
        answer = running.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "content-security-policy" not in answer.headers
    assert "content-security-policy" in running.get("/icons/live.svg").headers


def test_all_routes_are_read_only(running: Any, build: Any) -> None:
    """Anything but reading is 405, in JSON, and says what is possible."""
    running.publish(build.run([1.0]))
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"):
        for path in ("/api/status", "/api/stream", "/"):
            answer = running.client.request(method, running.url + path, content=b"x" * 1000)
            assert answer.status_code == 405, (method, path)
            assert "GET" in answer.json()["error"]
            assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", [path for path in ROUTES if path != "/"])
def test_head_answers_as_get_without_a_body(running: Any, build: Any, path: str) -> None:
    """Same status and headers; the stream ends at its headers."""
    running.publish(build.run([1.0] * 5000))
    head = running.client.head(running.url + path)
    assert head.content == b""
    if path == "/api/stream":
        assert head.status_code == 200
        return
    get = running.get(path)
    assert head.status_code == get.status_code
    # The age in a status may be a digit longer a moment later.
    ignored = ("date", "transfer-encoding", *(("content-length",) if "status" in path else ()))
    assert {k: v for k, v in head.headers.items() if k not in ignored} == {
        k: v for k, v in get.headers.items() if k not in ignored
    }


def test_a_known_version_is_304(running: Any, build: Any) -> None:
    """Every answer but status and health; a new version is sent again."""
    running.publish(build.run([1.0, 2.0]))
    unversioned = {"/", "/static/index.html", "/api/status", "/api/stream", "/api/nothing"}
    unversioned |= {"/api/tensorboard/scalars", "/api/tensorboard/histograms?tag=x"}
    for path in ROUTES:
        if path in unversioned:
            continue
        first = running.get(path)
        again = running.get(path, if_none_match=first.headers["etag"])
        assert (again.status_code, again.content) == (304, b""), path
        assert again.headers["etag"] == first.headers["etag"]
    assert "etag" not in running.get("/api/status").headers
    assert "etag" not in running.get("/api/health").headers
    old = running.get("/api/runs").headers["etag"]
    running.publish(build.run([1.0, 2.0, 3.0]))
    assert running.get("/api/runs", if_none_match=old).status_code == 200


def test_before_the_first_look_answers_are_503(running: Any) -> None:
    """But health answers, and so does a fault of the request."""
    for path in ("/api/status", "/api/loss/current", "/api/tensorboard/tags", "/api/summary.txt"):
        answer = running.get(path)
        assert answer.status_code == 503
        assert "starting" in answer.json()["error"]
    assert running.get("/api/health").status_code == 200
    assert running.get("/api/loss/range?points=x").status_code == 400


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"rubbish\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
    ],
    ids=["rubbish", "no host", "two hosts", "raw bytes", "TLS"],
)
def test_what_is_no_http_is_refused_in_json(
    running: Any, raw_request: Any, request_bytes: bytes
) -> None:
    """Even what never becomes a request has the one form of errors."""
    answer = raw_request(running.port, request_bytes)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["error"]


def test_a_fault_of_the_monitor_says_nothing_of_its_insides(
    settings: Any, build: Any, direct: Any
) -> None:
    """500 in JSON, without a stack trace, with the security headers."""
    broken = replace(build.snapshot(build.run([1.0])), tags=None)
    answer = direct(settings, broken)("/api/tensorboard/tags")
    assert answer.status_code == 500
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert set(answer.json()) == {"error"}
    assert "NoneType" not in answer.text
