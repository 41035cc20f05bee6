"""A training process and a monitor beside it, both real."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loss_monitor.wire.event import encode_file_version, encode_scalar
from loss_monitor.wire.frames import frame
from waiting import DEADLINE_S

_numbers = itertools.count(1)


class Writer:
    """The process of `writing.py`; each act has been done when its call returns."""

    def __init__(self) -> None:
        """Start the process."""
        self._process = subprocess.Popen(
            [sys.executable, "-S", Path(__file__).with_name("writing.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def act(self, name: str, path: Path, *arguments: object) -> None:
        """Have the process do something to `path`; bytes are passed as Latin-1 text."""
        told = [one.decode("latin-1") if isinstance(one, bytes) else one for one in arguments]
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([name, str(path), *told]) + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"

    def end(self) -> None:
        """End the process."""
        self._process.communicate(timeout=DEADLINE_S)


class Training:
    """One directory that a writer fills while a monitor watches it."""

    def __init__(self, served, writer: Writer, directory: Path) -> None:
        """Have written nothing yet."""
        self.served = served
        self.writer = writer
        self.directory = directory

    def new_log(self) -> tuple[str, Path]:
        """Return label and path of a timestep behind all earlier ones."""
        number = next(_numbers)
        return label_of(number), self.directory / f"log_{label_of(number)}.txt"

    def new_event_file(self) -> tuple[str, Path]:
        """Return the TensorBoard run and the path of an event file in a directory of its own."""
        tb_run = f"experiment_{next(_numbers):04d}"
        folder = self.directory / "runs" / tb_run
        self.writer.act("make_directory", folder)
        return tb_run, folder / f"events.out.tfevents.{next(_numbers):010d}.node"

    def let_it_look(self) -> None:
        """Wait until the monitor has seen something written after this call."""
        label, path = self.new_log()
        self.writer.act("rewrite", path, b"1.0\n")
        self.served.wait_for_losses(label, [1.0])


def label_of(number: int) -> str:
    """Return the label of a model timestep."""
    return f"1979-01-{1 + number // 1440:02d} {number // 60 % 24:02d}:{number % 60:02d}:00"


@pytest.fixture(scope="session")
def label() -> Callable[[int], str]:
    """Gives the label of a model timestep by its number."""
    return label_of


@pytest.fixture(scope="session")
def writer() -> Iterator[Writer]:
    """A process that writes as it is told."""
    process = Writer()
    yield process
    process.end()


@pytest.fixture(scope="session")
def training(serve, writer: Writer, tmp_path_factory: pytest.TempPathFactory) -> Training:
    """A directory under watch; each test takes a later timestep or an event file of its own."""
    directory = tmp_path_factory.mktemp("shared") / "data"
    directory.mkdir()
    return Training(serve(directory), writer, directory)


@pytest.fixture
def training_apart(serve, writer: Writer, tmp_path: Path) -> Iterator[Training]:
    """A directory for one test alone, with a monitor of its own; it does not exist yet."""
    served = serve(tmp_path / "data")
    yield Training(served, writer, tmp_path / "data")
    served.process.terminate()
    served.process.wait(DEADLINE_S)


@pytest.fixture(scope="session")
def records() -> Callable[..., list[bytes]]:
    """Makes the records of an event file: its header, then one scalar a value."""

    def make(*values: float, first_step: int = 0, header: bool = True) -> list[bytes]:
        made = [frame(encode_file_version(1.0))] if header else []
        for step, value in enumerate(values, first_step):
            made.append(frame(encode_scalar(b"Loss/batch", value, step, 1.0 + step)))
        return made

    return make
