"""Who is let in: peers, tokens, cookies, and the names a request may come under."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.settings.token_file import Token
from loss_monitor.web.access import Access, access_of
from loss_monitor.web.connection import STRANGER, Connection

TOKEN = "0123456789abcdef0123456789abcdef"
OWNER = Connection(peer_uid=os.geteuid(), own_address="127.0.0.1")
OTHER = Connection(peer_uid=os.geteuid() + 1, own_address="127.0.0.1")


@pytest.fixture
def access() -> Access:
    """The rules of a server at 127.0.0.1."""
    return access_of(Token(TOKEN), host="127.0.0.1", instance="5000")


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
    access = access_of(Token(TOKEN), host="127.0.0.1", instance="5000")
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
    one = access_of(Token(TOKEN), host="127.0.0.1", instance="5000")
    other = access_of(Token(TOKEN), host="127.0.0.1", instance="5001")
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
    wide = access_of(Token(TOKEN), host="0.0.0.0", instance="5000", public_host="login.example")
    narrow = access_of(Token(TOKEN), host="127.0.0.1", instance="5000", public_host="login.example")
    for host in ("192.0.2.5:5000", "login.example", "LOGIN.example:5000", os.uname().nodename):
        assert wide.refusal_of_host(host, reached) is None
        assert narrow.refusal_of_host(host, reached) is not None
    assert wide.refusal_of_host("192.0.2.6", reached) is not None
    mapped = Connection(peer_uid=None, own_address="::ffff:192.0.2.5")
    assert wide.refusal_of_host("192.0.2.5", mapped) is None


def test_further_names_can_be_allowed() -> None:
    """A proxy in front passes its own name on; its owner can allow it."""
    access = access_of(Token(TOKEN), host="127.0.0.1", instance="5000", allow_hosts=["Hub.Example"])
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
    access = access_of(
        Token(TOKEN), host="127.0.0.1", instance="5000", origins=["https://dash.example/"]
    )
    assert (access.refusal_of_origin(origin, {"host": host}) is None) == allowed


@pytest.mark.parametrize("site", ["same-origin", "same-site", "cross-site", "none", ""])
def test_behind_a_proxy_the_browser_says_whose_page_asks(site: str) -> None:
    """The origin is the proxy's, `Host` our own address."""
    access = access_of(Token(TOKEN), host="127.0.0.1", instance="5000")
    headers = {"host": "127.0.0.1:5000", "sec-fetch-site": site}
    refusal = access.refusal_of_origin("https://node.example", headers)
    assert (refusal is None) == (site == "same-origin")


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, True),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, False),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"}, False),
        ({"sec-fetch-site": "rubbish"}, False),
        (
            {
                "sec-fetch-site": "cross-site",
                "sec-fetch-mode": "navigate",
                "sec-fetch-dest": "document",
            },
            True,
        ),
        (
            {
                "sec-fetch-site": "cross-site",
                "sec-fetch-mode": "navigate",
                "sec-fetch-dest": "iframe",
            },
            False,
        ),
    ],
)
def test_another_sites_page_may_link_to_ours_and_nothing_else(
    access: Access, headers: dict[str, str], allowed: bool
) -> None:
    """Images, scripts and frames of other sites have no Origin; the browser tells all the same."""
    assert (access.refusal_of_site(headers) is None) == allowed


def test_a_frame_of_another_site_is_allowed_where_it_was_named() -> None:
    """Then the policy of the answer says which site, and the browser holds to it."""
    access = access_of(
        Token(TOKEN), host="127.0.0.1", instance="1", frame_ancestors=["https://hub.example"]
    )
    frame = {
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "iframe",
    }
    assert access.refusal_of_site(frame) is None
    assert access.refusal_of_site({**frame, "sec-fetch-mode": "no-cors"}) is not None


def test_an_open_monitor_lets_everybody_in() -> None:
    """And says on what grounds, so that nobody takes it for the owner's own connection."""
    access = access_of(Token(TOKEN), host="127.0.0.1", instance="1", is_open=True)
    assert access.admit(OTHER, {}) == "open"
    assert access.admit(OWNER, {}) == "peer"


def test_a_rotated_token_ends_the_old_one_and_its_cookies() -> None:
    """The rules ask for the token each time; nothing made of the old one is kept."""
    token = Token(TOKEN)
    access = access_of(token, host="127.0.0.1", instance="1")
    cookie = {"cookie": f"{access.cookie_name}={access.cookie_value}"}
    assert access.admit(OTHER, cookie) == "cookie"
    token.__init__("another-token-0123456789abcdefghij")
    assert access.admit(OTHER, cookie) is None
    assert access.admit(OTHER, {"authorization": f"Bearer {TOKEN}"}) is None
