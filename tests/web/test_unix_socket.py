"""The UNIX socket: closed to others, a stale one replaced, a live one respected."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from loss_monitor.errors import PortTakenError, SettingError
from loss_monitor.web.unix_socket import identity_of, listen_at_path, remove_own


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory of ours that is closed to others, on a short path."""
    place = tmp_path / "run"
    place.mkdir(mode=0o700)
    return place


def test_it_is_closed_to_others_from_the_first_moment(folder: Path) -> None:
    """Mode 0600, whatever the umask says; the directory is made with 0700."""
    before = os.umask(0)
    try:
        with listen_at_path(folder / "new" / "m.sock"):
            assert stat.S_IMODE((folder / "new" / "m.sock").stat().st_mode) == 0o600
            assert stat.S_IMODE((folder / "new").stat().st_mode) == 0o700
        assert os.umask(0) == 0
    finally:
        os.umask(before)


def test_what_a_killed_server_left_is_replaced(folder: Path) -> None:
    """Nobody listens at it any more."""
    listen_at_path(folder / "m.sock").close()
    assert (folder / "m.sock").exists()
    with listen_at_path(folder / "m.sock"), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(folder / "m.sock"))


def test_a_live_one_is_respected(folder: Path) -> None:
    """It is another server's, which goes on answering."""
    with listen_at_path(folder / "m.sock"):
        with pytest.raises(PortTakenError, match="listens at"):
            listen_at_path(folder / "m.sock")
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(folder / "m.sock"))


def test_a_path_that_is_too_long_is_told_with_its_length(folder: Path) -> None:
    """The kernel's own error would say only that the address is invalid."""
    with pytest.raises(SettingError, match=r"bytes long; allowed are 107"):
        listen_at_path(folder / ("x" * 120))


def test_a_directory_open_to_others_is_refused(folder: Path) -> None:
    """Whoever may write there could put his own socket in the place of ours."""
    folder.chmod(0o755)
    with pytest.raises(SettingError, match=r"mode 0755.*chmod 700"):
        listen_at_path(folder / "m.sock")
    assert not (folder / "m.sock").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a directory away takes root")
def test_a_directory_of_another_user_is_refused(folder: Path) -> None:
    """Its owner may replace whatever stands there."""
    os.chown(folder, 12345, 12345)
    with pytest.raises(SettingError, match="another user's"):
        listen_at_path(folder / "m.sock")


def test_a_file_that_is_no_socket_is_left_alone(folder: Path) -> None:
    """It may be anything of the user's."""
    (folder / "thesis.txt").write_text("chapter 1")
    with pytest.raises(SettingError, match="is no socket"):
        listen_at_path(folder / "thesis.txt")
    assert (folder / "thesis.txt").read_text() == "chapter 1"


def test_only_our_own_socket_is_removed_at_the_end(folder: Path) -> None:
    """A server that was started meanwhile keeps its own."""
    path = folder / "m.sock"
    first = listen_at_path(path)
    ours = identity_of(path)
    # A second name keeps the inode from being given to the next socket.
    os.link(path, folder / "kept")
    first.close()
    with listen_at_path(path):
        remove_own(path, ours)
        assert path.exists()
        remove_own(path, identity_of(path))
        assert not path.exists()
