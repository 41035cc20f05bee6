"""Ports: the next free one for a default, a clear error for a chosen one."""

from __future__ import annotations

import os
import pwd
import socket

import pytest

from loss_monitor.cli.ports import listen, owner_of_port
from loss_monitor.errors import EXIT_PORT_TAKEN, PortTakenError, SettingError

ME = pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture
def taken():
    """A port that this test holds."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def port_of(server):
    with server:
        return server.getsockname()[1]


def test_port_zero_takes_any_free_one():
    """0 asks the system."""
    assert port_of(listen("127.0.0.1", 0, fixed=True)) > 0


def test_a_taken_default_port_gives_way_to_the_next_free_one(taken):
    """Nobody chose the port, so a neighbour will do."""
    assert taken < port_of(listen("127.0.0.1", taken, fixed=False)) <= taken + 100


def test_a_taken_chosen_port_is_an_error_that_names_its_owner(taken):
    """The user chose it: say whose it is and what to do, and evade nothing."""
    with pytest.raises(PortTakenError) as refused:
        listen("127.0.0.1", taken, fixed=True)
    message = str(refused.value)
    assert f"Port {taken} is taken by a process of user {ME}" in message
    assert "--port" in message
    assert refused.value.exit_code == EXIT_PORT_TAKEN


def test_the_owner_is_read_from_the_systems_table(taken, tmp_path):
    """Only a listening socket counts, in IPv4's and IPv6's table."""
    assert owner_of_port(taken) == ME
    head = "  sl  local_address rem_address st tx rx tr tm retrnsmt uid timeout inode\n"
    row = "   0: 0100007F:{port:04X} 00000000:0000 {state} 0:0 0:0 0 {uid} 0 0\n"
    table = tmp_path / "tcp"
    table.write_text(head + row.format(port=5000, state="01", uid=0))
    assert owner_of_port(5000, (table,)) is None, "a connection is not a server"
    table.write_text(head + row.format(port=5000, state="0A", uid=4_000_000))
    assert owner_of_port(5000, (tmp_path / "none", table)) == "4000000"


@pytest.mark.parametrize(
    ("host", "words"),
    [("192.0.2.1", "no address of this node"), ("no such host", "has no address")],
)
def test_a_host_of_another_node_is_told(host, words):
    """A wrong host is a wrong setting."""
    with pytest.raises(SettingError, match=words) as refused:
        listen(host, 0, fixed=True)
    assert host in str(refused.value)


def test_a_name_is_listened_at_by_its_ipv4_address():
    """`ssh -L 5000:localhost:5000` and browsers try IPv4; so does the printed URL."""
    with listen("localhost", 0, fixed=True) as server:
        assert server.family == socket.AF_INET
