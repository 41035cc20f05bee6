"""The kind of file system that a path lies on, as the kernel's mount table tells.

Enters: a path, which need not exist. Leaves: the type's name, and whether other machines
write to it. Format: proc_pid_mountinfo(5).
"""

from __future__ import annotations

import os
import re
from pathlib import Path

_MOUNT_TABLE = "/proc/self/mountinfo"
# Number of the field, from 0, that holds the mount point.
_MOUNT_POINT = 4
_ESCAPE = re.compile(r"\\([0-7]{3})")
# Types that several machines mount at once; a type that begins with `fuse` counts too.
_NETWORK_TYPES = frozenset(
    {
        "9p", "afs", "beegfs", "ceph", "cephfs", "cifs", "coda", "fhgfs", "gfs2", "glusterfs",
        "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "panfs", "pvfs2", "smb3",
        "smbfs", "virtiofs", "wekafs",
    }
)  # fmt: skip


def file_system_of(path: str | os.PathLike[str], *, mount_table: str = _MOUNT_TABLE) -> str:
    """Return the type of the file system that holds `path`, or '' where nobody tells.

    Of a path that does not exist yet, that of the nearest directory which does; symbolic
    links are followed.
    """
    try:
        table = Path(mount_table).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
    target = os.path.realpath(path)
    longest, found = -1, ""
    for line in table.splitlines():
        mount = _parse_mount(line)
        if mount is None:
            continue
        place, kind = mount
        inside = target == place or target.startswith(place.rstrip("/") + "/")
        # Of two mounts on one place the later line hides the earlier.
        if inside and len(place) >= longest:
            longest, found = len(place), kind
    return found


def is_network(path: str | os.PathLike[str], *, mount_table: str = _MOUNT_TABLE) -> bool:
    """Return whether other machines write to the file system of `path`."""
    kind = file_system_of(path, mount_table=mount_table)
    return kind.startswith("fuse") or kind in _NETWORK_TYPES


def _parse_mount(line: str) -> tuple[str, str] | None:
    """Return mount point and type of one line of the table, None if it is not understood."""
    before, separator, after = line.partition(" - ")
    fields, kind = before.split(" "), after.partition(" ")[0]
    if not separator or len(fields) <= _MOUNT_POINT:
        return None
    place = _ESCAPE.sub(lambda code: chr(int(code[1], 8)), fields[_MOUNT_POINT])
    return place, kind
