"""Three users of one node: the owner, a colleague, and root's daemons."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable

import pytest

from served_monitor import Served
from unix_users import User, ask_as
from waiting import DEADLINE_S, wait_for


@pytest.fixture
def served(serve: Callable[..., Served], users: tuple[User, User]) -> Served:
    """A monitor that the first user started."""
    return serve(uid=users[0].uid)


def test_the_owner_needs_nothing(served: Served, users: tuple[User, User]) -> None:
    """Who started it is let in without a word."""
    status, answer = ask_as(users[0].uid, ("127.0.0.1", served.port), "/api/status")
    assert status == 200
    assert isinstance(answer, dict)
    assert answer["monitoring_dir"] == str(served.data_dir)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.8.7", "::1"])
def test_nobody_else_is_let_in(
    serve: Callable[..., Served], users: tuple[User, User], host: str
) -> None:
    """A connection of root is some daemon or proxy that anybody may use, not the owner."""
    served = serve("--host", host, uid=users[0].uid)
    place = (host, served.port)
    assert ask_as(users[0].uid, place, "/api/status")[0] == 200
    for uid in (users[1].uid, 0):
        for path in ("/", "/api/status", "/api/loss/current", "/api/stream", "/api/openapi.json"):
            status, answer = ask_as(uid, place, path)
            assert status == 401, (uid, path)
            assert str(served.data_dir) not in str(answer)
        assert ask_as(uid, place, "/api/health")[0] == 200


def test_a_colleague_who_claims_the_owners_address_and_port_is_not_let_in(
    served: Served, users: tuple[User, User]
) -> None:
    """With a live connection of the owner to name, in every header that proxies use."""
    owner, colleague = users
    hold = (
        "import socket, sys\n"
        f"held = socket.create_connection(('127.0.0.1', {served.port}))\n"
        "print(held.getsockname()[1], flush=True)\n"
        "sys.stdin.read()"
    )
    words = ["/usr/bin/python3", "-c", hold]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, user=owner.uid, cwd="/"
    ) as live:
        assert live.stdout is not None
        port = live.stdout.readline().decode().strip()
        claims = {
            "x_forwarded_for": f"127.0.0.1:{port}",
            "x_real_ip": "127.0.0.1",
            "forwarded": f'for="127.0.0.1:{port}"',
            "x_forwarded_port": port,
            "x_forwarded_user": owner.name,
            "remote_user": owner.name,
        }
        for value in (claims, {**claims, "x_forwarded_for": "127.0.0.1"}):
            status, _ = ask_as(colleague.uid, ("127.0.0.1", served.port), "/api/status", **value)
            assert status == 401
        live.communicate()


def test_a_colleague_with_the_token_is_let_in(served: Served, users: tuple[User, User]) -> None:
    """The owner may show the run to whom he likes."""
    place = ("127.0.0.1", served.port)
    bearer = {"authorization": f"Bearer {served.token}"}
    assert ask_as(users[1].uid, place, "/api/status", **bearer)[0] == 200


def test_the_tokens_file_is_nothing_to_a_colleague(
    served: Served, users: tuple[User, User]
) -> None:
    """Neither the file nor the log tells it."""
    path = served.folder / "state" / "loss-monitor" / "token"
    read = subprocess.run(
        ["cat", str(path)], user=users[1].uid, cwd="/", capture_output=True, check=False
    )
    assert read.returncode != 0
    assert served.token not in served.told()


def test_a_rotated_token_holds_at_once(served: Served, users: tuple[User, User]) -> None:
    """The running monitor takes the new one, and the old one ends."""
    place, old = ("127.0.0.1", served.port), served.token
    path = served.folder / "state" / "loss-monitor" / "token"
    new = "rotated-" + "x" * 40
    made = path.with_name("made")
    made.write_text(new)
    made.chmod(0o600)
    os.chown(made, users[0].uid, users[0].uid)
    os.replace(made, path)

    def is_taken() -> bool:
        bearer = {"authorization": f"Bearer {new}"}
        return ask_as(users[1].uid, place, "/api/status", **bearer)[0] == 200

    wait_for(is_taken, "the new token is taken")
    bearer = {"authorization": f"Bearer {old}"}
    assert ask_as(users[1].uid, place, "/api/status", **bearer)[0] == 401


def test_an_open_monitor_says_so(serve: Callable[..., Served], users: tuple[User, User]) -> None:
    """`--no-auth` lets everybody on the node in; log and interface tell it."""
    served = serve("--no-auth", uid=users[0].uid)
    assert ask_as(users[1].uid, ("127.0.0.1", served.port), "/api/status")[0] == 200
    assert "whoever reaches this" in served.told()


def test_an_open_monitor_for_other_machines_takes_consent(serve: Callable[..., Served]) -> None:
    """In the same command; without it nothing is started."""
    refused = serve("--no-auth", "--host", "0.0.0.0", waits=False)
    assert refused.process.wait(DEADLINE_S) == 2
    assert "--i-know-anyone-can-read" in refused.told()
