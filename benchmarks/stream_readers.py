"""Many pages in one process: readers of the stream on real sockets, some of which stop reading.

Enters: a port, how many readers, until how many updates. Leaves: lines of JSON: one when all
are connected, one for each thousand updates (or so), how many of them a reader lacked, and how
old they came. A reader whose stream ends comes back with the last event's id, as browsers do.

    python benchmarks/stream_readers.py PORT --readers 1000 --seconds 30
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import select
import selectors
import socket
import sys
import time
from collections import Counter

CONNECTS_A_SECOND = 300
"""Fewer than the requests that a server takes of one user."""
STALLED_RECEIVE_BYTES = 4096
LATE_S = 2.0
"""An update that a reader does not have after so long is lacking."""
_EVENT = re.compile(rb"event: (\w+)\nid: ([\w.-]+)\ndata: ")
_TIME = re.compile(rb'"server_time_s":([0-9.]+)')


class Seen:
    """The updates that all readers together were given."""

    def __init__(self) -> None:
        """Have seen none."""
        self.times: Counter[bytes] = Counter()
        """How many readers had a version."""
        self._first_s: dict[bytes, float] = {}
        self._ages_s: list[float] = []
        self._resets = 0
        self._earlier: frozenset[bytes] = frozenset()

    def note(self, version: bytes, age_s: float) -> None:
        """Take in that one more reader has a version, `age_s` after it was made."""
        if version not in self._earlier:
            self.times[version] += 1
            self._first_s.setdefault(version, time.monotonic())
            self._ages_s.append(age_s)

    def reset(self) -> None:
        """Take in that a reader was given a snapshot in the place of updates."""
        self._resets += 1

    def begin(self) -> None:
        """Count from now on; what some have had already is passed over."""
        self._earlier = frozenset(self.times)
        self.times.clear()
        self._first_s.clear()
        self._ages_s.clear()
        self._resets = 0

    def old(self) -> list[bytes]:
        """Return the versions that all readers should have by now."""
        before_s = time.monotonic() - LATE_S
        return [version for version, first_s in self._first_s.items() if first_s < before_s]

    def told(self, n_readers: int) -> dict[str, float]:
        """Return the figures of what is old enough, and forget it."""
        old = self.old()
        lacking = sum(n_readers - self.times.pop(version) for version in old)
        for version in old:
            del self._first_s[version]
        ages_s, self._ages_s = sorted(self._ages_s), []
        high_s = ages_s[int(0.95 * (len(ages_s) - 1))] if ages_s else 0.0
        return {"updates": len(old), "lacking": lacking, "resets": self._resets, "high_s": high_s}


class Reader:
    """One page: a connection after the other, and what it was given."""

    def __init__(self, port: int, seen: Seen) -> None:
        """Connect to `port`."""
        self._port = port
        self._seen = seen
        self._pending = b""
        self._last = b""
        self.has_snapshot = False
        self.held = open_stream(port)

    def come_back(self) -> None:
        """Connect again, to go on after the last event."""
        self.held.close()
        self.held = open_stream(self._port, self._last)
        self._pending = b""

    def take(self) -> bool:
        """Read what is there; False where the stream has ended."""
        data = self.held.recv(1 << 18)
        now_s = time.time()
        self._pending += data
        while (end := self._pending.find(b"\n\n")) >= 0:
            block, self._pending = self._pending[:end], self._pending[end + 2 :]
            event = _EVENT.search(block)
            if event is None:
                continue
            name, self._last = event.groups()
            if name == b"snapshot" and self.has_snapshot:
                self._seen.reset()
            self.has_snapshot = self.has_snapshot or name == b"snapshot"
            if name == b"update" and (made := _TIME.search(block)) is not None:
                self._seen.note(self._last, now_s - float(made[1]))
        # The last piece of an answer in pieces is an empty one.
        return bool(data) and not data.endswith(b"0\r\n\r\n")


def open_stream(port: int, last: bytes = b"", receive_bytes: int = 0) -> socket.socket:
    """Return a connection that has asked for the stream."""
    held = socket.socket()
    if receive_bytes:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    held.connect(("127.0.0.1", port))
    after = b"Last-Event-ID: %s\r\n" % last if last else b""
    held.sendall(b"GET /api/stream HTTP/1.1\r\nHost: localhost\r\n%s\r\n" % after)
    held.setblocking(False)
    return held


def main() -> None:
    """Connect, say so, read, tell now and then."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("port", type=int)
    parser.add_argument("--readers", type=int, default=1000)
    parser.add_argument("--stalled", action="store_true", help="connect and read nothing")
    parser.add_argument("--updates", type=int, default=sys.maxsize)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--tell-every", type=int, default=1000, metavar="UPDATES")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if options.stalled:
        stall(options.port, options.readers, options.seconds)
        return
    seen = Seen()
    selector = selectors.DefaultSelector()
    readers = []
    for _ in range(options.readers):
        readers.append(Reader(options.port, seen))
        selector.register(readers[-1].held, selectors.EVENT_READ, readers[-1])
        read(selector, 1 / CONNECTS_A_SECOND)
    while not all(reader.has_snapshot for reader in readers):
        read(selector, 0.1)
    seen.begin()
    tell({"connected": len(readers)})
    until_s = time.monotonic() + options.seconds
    updates = 0.0
    while updates < options.updates and time.monotonic() < until_s:
        read(selector, 0.2)
        is_last = time.monotonic() >= until_s
        if is_last:
            read(selector, LATE_S + 0.1)
        if len(seen.old()) >= options.tell_every or is_last:
            told = seen.told(len(readers))
            updates += told["updates"]
            tell(told)


def tell(figures: dict[str, float]) -> None:
    """Write one line."""
    print(json.dumps(figures), flush=True)


def read(selector: selectors.BaseSelector, seconds: float) -> None:
    """Read whatever comes for some seconds; whose stream ends comes back."""
    until_s = time.monotonic() + seconds
    while (left_s := until_s - time.monotonic()) > 0:
        for key, _ in selector.select(left_s):
            reader: Reader = key.data
            if not reader.take():
                selector.unregister(reader.held)
                reader.come_back()
                selector.register(reader.held, selectors.EVENT_READ, reader)


def stall(port: int, n_readers: int, seconds: float) -> None:
    """Keep `n_readers` connections from which nothing is read; whoever is dropped comes back."""

    def come() -> None:
        held = open_stream(port, receive_bytes=STALLED_RECEIVE_BYTES)
        connections[held.fileno()] = held
        hung_up.register(held, 0)

    connections: dict[int, socket.socket] = {}
    hung_up = select.poll()
    for _ in range(n_readers):
        come()
    tell({"connected": n_readers})
    until_s = time.monotonic() + seconds
    while (left_s := until_s - time.monotonic()) > 0:
        for descriptor, _ in hung_up.poll(left_s * 1000):
            hung_up.unregister(descriptor)
            connections.pop(descriptor).close()
            come()


if __name__ == "__main__":
    main()
