"""Who is let in: peers, tokens, cookies, and the names a request may come under."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.errors import MonitorError
from loss_monitor.web.access import Access, access_of, load_token
from loss_monitor.web.connection import STRANGER, Connection

TOKEN = "0123456789abcdef0123456789abcdef"
OWNER = Connection(peer_uid=os.geteuid(), own_address="127.0.0.1")
OTHER = Connection(peer_uid=os.geteuid() + 1, own_address="127.0.0.1")


@pytest.fixture
def access() -> Access:
    """The rules of a server at 127.0.0.1."""
    return access_of(TOKEN, host="127.0.0.1", port=5000)


def test_the_owners_own_connection_needs_nothing(access: Access) -> None:
    """A loopback peer of the same user is let in without a token."""
    assert access.admit(OWNER, {}) == "peer"


@pytest.mark.parametrize("connection", [OTHER, STRANGER], ids=["another user", "unknown"])
def test_everybody_else_needs_the_token(access: Access, connection: Connection) -> None:
    """Without it nobody; with it, or with the cookie made of it, anybody."""
    assert access.admit(connection, {}) is None
    assert access.admit(connection, {"authorization": f"Bearer {TOKEN}"}) == "token"
    assert access.admit(connection, {"authorization": f"bearer  {TOKEN} "}) == "token"
    cookie = f"a=b; {access.cookie_name}={access.cookie_value}; c=d"
    assert access.admit(connection, {"cookie": cookie}) == "cookie"


@given(st.text(max_size=50))
def test_no_other_text_is_the_token(text: str) -> None:
    """Whatever is sent in its place is refused, and never fails."""
    access = access_of(TOKEN, host="127.0.0.1", port=5000)
    for headers in (
        {"authorization": f"Bearer {text}"},
        {"authorization": text},
        {"authorization": f"Basic {TOKEN}"},
        {"cookie": f"{access.cookie_name}={text}"},
        {"cookie": f"{access.cookie_name}={TOKEN}"},
        {"cookie": f"{text}={access.cookie_value}"},
    ):
        assert access.admit(OTHER, headers) is None


def test_the_cookie_of_one_instance_is_nothing_to_another() -> None:
    """Browsers send cookies to every port of a host: name and value differ per instance."""
    one = access_of(TOKEN, host="127.0.0.1", port=5000)
    other = access_of(TOKEN, host="127.0.0.1", port=5001)
    assert one.cookie_name != other.cookie_name
    assert one.cookie_value != other.cookie_value
    cookie = {"cookie": f"{other.cookie_name}={one.cookie_value}"}
    assert other.admit(OTHER, cookie) is None


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:80", "127.0.0.1:5000", "127.9.9.9", "[::1]:5000", "localhost.:1"],
)
def test_loopback_names_are_ours_with_any_port(access: Access, host: str) -> None:
    """An SSH tunnel may end at any local port."""
    assert access.refusal_of_host(host, OWNER) is None


@pytest.mark.parametrize(
    "host",
    [
        "", "evil.example", "evil.example:5000", "127.0.0.1.evil.example", "localhost.evil",
        "127.1", "2130706433", "0.0.0.0", "192.0.2.1", "user@localhost", "localhost/x", "[::1",
        "localhost:", "localhost:5000:1", "localhost evil",
    ],
)  # fmt: skip
def test_other_names_are_refused(access: Access, host: str) -> None:
    """A foreign name that points to loopback is how a web page reaches a local server."""
    refusal = access.refusal_of_host(host, OWNER)
    assert refusal is not None
    assert refusal.status == 403


def test_own_names_and_addresses_are_ours_only_when_bound_to_them() -> None:
    """Bound wider than loopback, the address that was reached and this node's names pass."""
    reached = Connection(peer_uid=None, own_address="192.0.2.5")
    wide = access_of(TOKEN, host="0.0.0.0", port=5000, public_host="login.example")
    narrow = access_of(TOKEN, host="127.0.0.1", port=5000, public_host="login.example")
    for host in ("192.0.2.5:5000", "login.example", "LOGIN.example:5000", os.uname().nodename):
        assert wide.refusal_of_host(host, reached) is None
        assert narrow.refusal_of_host(host, reached) is not None
    assert wide.refusal_of_host("192.0.2.6", reached) is not None
    mapped = Connection(peer_uid=None, own_address="::ffff:192.0.2.5")
    assert wide.refusal_of_host("192.0.2.5", mapped) is None


def test_further_names_can_be_allowed() -> None:
    """A proxy in front passes its own name on; its owner can allow it."""
    access = access_of(TOKEN, host="127.0.0.1", port=5000, allow_hosts=["Hub.Example"])
    assert access.refusal_of_host("hub.example:443", OWNER) is None


def test_nobody_names_a_host_towards_a_unix_socket(access: Access) -> None:
    """The Host of a proxied UNIX socket is the proxy's own business."""
    local = Connection(peer_uid=os.geteuid(), own_address="", is_unix=True)
    assert access.refusal_of_host("anything.example", local) is None


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        ("http://localhost:5000", "localhost:5000", True),
        ("https://hub.example", "hub.example", True),
        ("http://localhost:5001", "localhost:5000", False),
        ("http://evil.example", "localhost:5000", False),
        ("null", "localhost:5000", False),
        ("", "localhost:5000", False),
        ("http://[bad", "localhost:5000", False),
        ("https://dash.example", "localhost:5000", True),
        ("https://dash.example:8443", "localhost:5000", False),
    ],
)
def test_only_our_own_page_and_configured_origins_may_ask(
    origin: str, host: str, allowed: bool
) -> None:
    """The page that made the browser ask is the one we served, or was named by the owner."""
    access = access_of(TOKEN, host="127.0.0.1", port=5000, origins=["https://dash.example/"])
    assert (access.refusal_of_origin(origin, host) is None) == allowed


def test_the_token_is_kept_for_nobody_else_to_read(tmp_path: Path) -> None:
    """One random token a user, in a file and a directory closed to others."""
    state = tmp_path / "state" / "loss-monitor"
    token = load_token(state)
    assert len(token) >= 43
    assert load_token(state) == token
    assert stat.S_IMODE((state / "token").stat().st_mode) == 0o600
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert [entry.name for entry in state.iterdir()] == ["token"]


@pytest.mark.parametrize("damage", ["open to others", "empty", "rubbish", "a link"])
def test_a_token_file_that_cannot_be_trusted_is_replaced(tmp_path: Path, damage: str) -> None:
    """Whoever could read or plant the old token does not have the new one."""
    old = load_token(tmp_path)
    path = tmp_path / "token"
    if damage == "open to others":
        path.chmod(0o644)
    elif damage == "empty":
        path.write_text("")
    elif damage == "rubbish":
        path.write_bytes(b"\xff\0 no token")
    else:
        (tmp_path / "planted").write_text(old)
        (tmp_path / "planted").chmod(0o600)
        path.unlink()
        path.symlink_to(tmp_path / "planted")
    new = load_token(tmp_path)
    assert new != old
    assert load_token(tmp_path) == new
    assert stat.S_IMODE(path.lstat().st_mode) == 0o600


def test_a_state_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The error names the place and the remedy."""
    (tmp_path / "file").write_text("")
    with pytest.raises(MonitorError, match="XDG_STATE_HOME"):
        load_token(tmp_path / "file" / "below")
