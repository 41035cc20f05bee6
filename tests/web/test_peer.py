"""Whose connection it is: real sockets of this user, of another one, and closed ones."""

from __future__ import annotations

import ipaddress
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from loss_monitor.web import peer
from waiting import DEADLINE_S

NOBODY_UID = 65534
OTHER_UID = 12345

AS_OTHER_USER = """
import os, socket, sys
uid = int(sys.argv[1])
os.setgid(uid); os.setuid(uid)
held = socket.socket(socket.AF_INET6 if ":" in sys.argv[2] else socket.AF_INET)
held.connect((sys.argv[2], int(sys.argv[3])))
print("connected", flush=True)
sys.stdin.read()
"""

needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="becoming another user takes root: other users' connections"
)


def _endpoint(name: tuple[str, int]) -> peer.Endpoint:
    return ipaddress.ip_address(name[0]), name[1]


def _ends(accepted: socket.socket) -> tuple[peer.Endpoint, peer.Endpoint]:
    return _endpoint(accepted.getpeername()), _endpoint(accepted.getsockname())


@contextmanager
def _connected(server_host: str, client_host: str) -> Iterator[tuple[socket.socket, socket.socket]]:
    """A client's socket and the one accepted for it."""
    family = socket.AF_INET6 if ":" in server_host else socket.AF_INET
    with closing(socket.socket(family)) as server:
        server.bind((server_host, 0))
        server.listen()
        client_family = socket.AF_INET6 if ":" in client_host else socket.AF_INET
        with closing(socket.socket(client_family)) as client:
            client.connect((client_host, server.getsockname()[1]))
            with closing(server.accept()[0]) as accepted:
                yield client, accepted


HOSTS = [
    pytest.param("127.0.0.1", "127.0.0.1", id="IPv4"),
    pytest.param("127.0.0.3", "127.0.0.3", id="another loopback address"),
    pytest.param("::1", "::1", id="IPv6"),
    pytest.param("::", "127.0.0.1", id="IPv4 client of a dual-stack server"),
    pytest.param("::", "::ffff:127.0.0.1", id="IPv4-mapped client"),
]


@pytest.mark.parametrize(("server_host", "client_host"), HOSTS)
def test_a_connection_of_the_same_user_is_recognised(server_host: str, client_host: str) -> None:
    """Our own loopback connection belongs to us, in every address family."""
    with _connected(server_host, client_host) as (_, accepted):
        assert peer.user_of_peer(*_ends(accepted)) == os.geteuid()


@pytest.mark.parametrize(("server_host", "client_host"), HOSTS)
def test_proc_tells_the_same_as_netlink(server_host: str, client_host: str) -> None:
    """The fallback finds the same socket: owner and inode."""
    with _connected(server_host, client_host) as (client, accepted):
        ends = [(peer._plain(address), port) for address, port in _ends(accepted)]
        found = peer._search_proc(*ends)
        assert found is not None
        assert found == peer._ask_netlink(*ends)
        assert found.inode == os.fstat(client.fileno()).st_ino


def test_proc_is_asked_where_netlink_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system without netlink still tells through `/proc/net/tcp`."""

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(peer, "_ask_netlink", refuse)
    with _connected("127.0.0.1", "127.0.0.1") as (_, accepted):
        assert peer.user_of_peer(*_ends(accepted)) == os.geteuid()


@pytest.mark.parametrize("way", ["netlink", "proc"])
def test_a_peer_that_has_closed_is_nobody(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel shows uid 0 and inode 0 for a closed client: that must not pass as root."""
    if way == "proc":
        monkeypatch.setattr(peer, "_ask_netlink", peer._search_proc)
    with _connected("127.0.0.1", "127.0.0.1") as (client, accepted):
        ends = _ends(accepted)
        client.close()
        assert peer.user_of_peer(*ends) is None


def test_a_socket_that_is_gone_is_not_searched_in_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Netlink's "no such socket" is an answer: connect-and-close must stay cheap."""

    def fail(*_: object) -> None:
        pytest.fail("searched /proc for a socket that netlink knows to be gone")

    monkeypatch.setattr(peer, "_search_proc", fail)
    loopback = ipaddress.ip_address("127.0.0.1")
    assert peer.user_of_peer((loopback, 1), (loopback, 2)) is None


def test_a_listening_socket_at_the_peers_address_is_no_peer() -> None:
    """The kernel falls back to a listener when the connection is gone; it may be anybody's."""
    while True:
        with _connected("127.0.0.1", "127.0.0.1") as (client, accepted):
            peer_end, own_end = _ends(accepted)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.close()
            with closing(socket.socket()) as listener:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    listener.bind((str(peer_end[0]), peer_end[1]))
                    listener.listen()
                except OSError:
                    continue  # On a busy machine somebody else may have the port by now.
                assert peer.user_of_peer(peer_end, own_end) is None
                return


def test_a_peer_from_elsewhere_is_nobody() -> None:
    """Only loopback connections have an owner on this machine that means anything."""
    away, here = ipaddress.ip_address("192.0.2.7"), ipaddress.ip_address("127.0.0.1")
    assert peer.user_of_peer((away, 40000), (here, 5000)) is None
    assert peer.user_of_peer((here, 40000), (away, 5000)) is None


def test_users_unknown_to_this_namespace_are_nobody() -> None:
    """The overflow id stands for any user from outside of a container."""
    owner = peer.SocketOwner(uid=peer.OVERFLOW_UID, inode=7, state=1)
    assert peer._trusted_uid(owner) is None


def test_a_socket_that_is_not_connected_is_nobody() -> None:
    """Its owner need not be who connected: it listens, or is closed already."""
    for state in (2, 6, 7, 10):
        assert peer._trusted_uid(peer.SocketOwner(uid=1000, inode=7, state=state)) is None


@needs_root
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_another_users_connection_is_told_from_ours(host: str) -> None:
    """The peer's own user is found, not ours; nobody's (the overflow id) is nobody's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for uid, expected in ((OTHER_UID, OTHER_UID), (NOBODY_UID, None)):
        with closing(socket.socket(family)) as server:
            server.bind((host, 0))
            server.listen()
            command = [sys.executable, "-c", AS_OTHER_USER, str(uid), host]
            command.append(str(server.getsockname()[1]))
            with subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            ) as process:
                assert process.stdout is not None
                assert process.stdout.readline() == b"connected\n"
                with closing(server.accept()[0]) as accepted:
                    ends = _ends(accepted)
                    assert peer.user_of_peer(*ends) == expected
                    found = peer._search_proc(*ends)
                    assert found is not None
                    assert found.uid == uid
                process.communicate(timeout=DEADLINE_S)


def test_the_user_of_a_unix_peer_is_told() -> None:
    """A UNIX socket knows the credentials of whoever connected."""
    one, other = socket.socketpair(socket.AF_UNIX)
    with closing(one), closing(other):
        assert peer.user_of_unix_peer(one) == os.getuid()


def test_the_owner_of_a_listening_port_is_told() -> None:
    """A taken port can be explained: by whom."""
    with closing(socket.socket()) as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        assert peer.user_of_listener(port) is None
        server.listen()
        assert peer.user_of_listener(port) == os.geteuid()


def test_many_connections_at_once_are_told_apart() -> None:
    """Each question names one connection exactly."""
    with closing(socket.socket()) as server:
        server.bind(("127.0.0.1", 0))
        server.listen(64)
        clients = [socket.create_connection(server.getsockname()) for _ in range(32)]
        accepted = [server.accept()[0] for _ in clients]
        found: list[int | None] = [None] * len(accepted)

        def ask(index: int) -> None:
            found[index] = peer.user_of_peer(*_ends(accepted[index]))

        threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(accepted))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [os.geteuid()] * len(accepted)
        for held in clients + accepted:
            held.close()
