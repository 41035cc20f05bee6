"""The port: free, taken, anybody's, or not to be had."""

from __future__ import annotations

import asyncio
import getpass
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from loss_monitor.errors import EXIT_PORT_TAKEN, PortTakenError, SettingError
from loss_monitor.web.listening import listen


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens at."""
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        yield held.getsockname()[1]


def test_a_taken_port_is_told_with_its_owner(taken: int) -> None:
    """The error names the user, and what to do."""
    with pytest.raises(PortTakenError, match=f"{taken}.*user {getpass.getuser()}.*--port") as told:
        listen("127.0.0.1", taken)
    assert told.value.exit_code == EXIT_PORT_TAKEN


def test_the_next_free_port_is_taken_where_that_is_allowed(taken: int) -> None:
    """A port that nobody chose may move."""
    with closing(listen("127.0.0.1", taken, port_fixed=False)) as held:
        assert taken < held.getsockname()[1] <= taken + 100


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_small_pieces_are_sent_at_once(host: str) -> None:
    """Otherwise the body of every other answer on a kept connection comes 40 ms late."""

    async def accepted_without_delay() -> int:
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def on_connection(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            held = writer.get_extra_info("socket")
            found.set_result(held.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with closing(listen(host, 0)) as held:
            server = await asyncio.start_server(on_connection, sock=held)
            async with server:
                _, writer = await asyncio.open_connection(host, held.getsockname()[1])
                without_delay = await found
                writer.close()
                await writer.wait_closed()
        return without_delay

    assert asyncio.run(accepted_without_delay())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "0.0.0.0", "::"])
def test_any_free_port_can_be_had(host: str) -> None:
    """Port 0, at any address of this node, by its name too."""
    with closing(listen(host, 0)) as held:
        port = held.getsockname()[1]
        assert port > 0
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with closing(socket.socket(family)) as client:
            client.connect(("::1" if ":" in host else "127.0.0.1", port))


def test_a_port_is_held_from_the_first_moment() -> None:
    """Of two servers that start at once only one has it."""
    with (
        closing(listen("127.0.0.1", 0)) as held,
        pytest.raises(PortTakenError),
    ):
        listen("127.0.0.1", held.getsockname()[1])


def test_a_port_is_free_again_at_once() -> None:
    """Connections that linger after an end do not hold it."""
    with closing(listen("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        with closing(socket.create_connection(("127.0.0.1", port))) as client:
            held.accept()[0].close()
            client.recv(1)
    listen("127.0.0.1", port).close()


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid", "a" * 300, "a..b"])
def test_a_host_that_is_not_ours_is_refused(host: str) -> None:
    """The error names the setting and what is allowed."""
    with pytest.raises(SettingError, match="SERVER_HOST"):
        listen(host, 0)
