"""The kind of file system: read from tables of real machines."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loss_monitor.source.filesystem import file_system_of, is_network

TABLE = """\
22 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw
30 22 0:40 / {root}/scratch rw,nosuid shared:9 master:2 - lustre 10.0.0.1@o2ib:/scratch rw,flock
31 22 0:41 / {root}/with\\040blank rw - nfs4 server:/export rw,vers=4.2
32 22 0:42 / {root}/scratch/local rw - xfs /dev/nvme0n1 rw
33 22 0:43 / {root}/over rw - autofs systemd-1 rw
34 33 0:44 / {root}/over rw - fuse.sshfs user@host: rw
not a line of the table
35 22 0:45
"""


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "mountinfo"
    path.write_text(TABLE.format(root=tmp_path))
    return str(path)


@pytest.mark.parametrize(
    ("place", "kind", "network"),
    [
        (".", "ext4", False),
        ("scratch", "lustre", True),
        ("scratch/not/there/yet", "lustre", True),
        ("scratch/local/x", "xfs", False),
        ("scratches", "ext4", False),
        ("with blank/x", "nfs4", True),
        ("over", "fuse.sshfs", True),
    ],
)
def test_the_innermost_and_latest_mount_counts(
    tmp_path: Path, table: str, place: str, kind: str, network: bool
) -> None:
    """The path need not exist; a name that only begins alike is another one."""
    path = tmp_path / place
    assert file_system_of(path, mount_table=table) == kind
    assert is_network(path, mount_table=table) is network


def test_a_symbolic_link_is_followed(tmp_path: Path, table: str) -> None:
    """`/scratch` is often a link to where the file system is mounted."""
    (tmp_path / "link").symlink_to(tmp_path / "scratch")
    assert file_system_of(tmp_path / "link" / "u", mount_table=table) == "lustre"


def test_without_a_mount_table_a_place_counts_as_local(tmp_path: Path) -> None:
    """Other systems than Linux have none."""
    assert file_system_of("/", mount_table=str(tmp_path / "none")) == ""
    assert not is_network("/", mount_table=str(tmp_path / "none"))


@pytest.mark.skipif(not os.path.exists("/proc/self/mountinfo"), reason="needs Linux")
def test_the_kernels_own_table_is_understood() -> None:
    """`/proc` is on every Linux machine, and local."""
    assert file_system_of("/proc/self/status") == "proc"
    assert not is_network("/proc/self/status")
