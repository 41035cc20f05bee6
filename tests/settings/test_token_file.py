"""The token's file: private, replaced where it cannot be trusted, rotated by command."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from loss_monitor.errors import MonitorError
from loss_monitor.settings import token_file
from loss_monitor.settings.token_file import Token, load_token, read_token, rotate_token


def test_the_token_is_kept_for_nobody_else_to_read(tmp_path: Path) -> None:
    """One random token a user, in a file and a directory closed to others."""
    state = tmp_path / "state" / "loss-monitor"
    token = load_token(state).current()
    assert len(token) >= 43
    assert load_token(state).current() == token
    assert stat.S_IMODE((state / "token").stat().st_mode) == 0o600
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert [entry.name for entry in state.iterdir()] == ["token"]


@pytest.mark.parametrize("damage", ["open to others", "empty", "rubbish", "a link"])
def test_a_token_file_that_cannot_be_trusted_is_replaced(tmp_path: Path, damage: str) -> None:
    """Whoever could read or plant the old token does not have the new one."""
    old = load_token(tmp_path).current()
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
    new = load_token(tmp_path).current()
    assert new != old
    assert load_token(tmp_path).current() == new
    assert stat.S_IMODE(path.lstat().st_mode) == 0o600


def test_a_state_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The error names the place and the remedy."""
    (tmp_path / "file").write_text("")
    with pytest.raises(MonitorError, match="XDG_STATE_HOME"):
        load_token(tmp_path / "file" / "below")


def test_a_running_server_takes_a_rotated_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks at the file when it is asked, once a second at most."""
    now_s = [100.0]
    monkeypatch.setattr(token_file.time, "monotonic", lambda: now_s[0])
    server = load_token(tmp_path)
    old = server.current()
    new = rotate_token(tmp_path).current()
    assert new != old
    assert server.current() == old
    now_s[0] += 1.0
    assert server.current() == new


def test_a_server_keeps_its_token_while_the_file_is_away(tmp_path: Path) -> None:
    """A home directory that does not answer locks nobody out, and opens nothing."""
    server = Token("a-token-of-a-server-0123456789abcdef", tmp_path / "token")
    assert server.current() == "a-token-of-a-server-0123456789abcdef"


def test_a_token_of_another_user_is_none(tmp_path: Path) -> None:
    """Whoever planted it knows it."""
    if os.geteuid() != 0:
        pytest.skip("giving a file away takes root")
    load_token(tmp_path)
    os.chown(tmp_path / "token", 12345, 12345)
    assert read_token(tmp_path / "token") is None
