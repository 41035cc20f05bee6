"""The mark of the compiled core's sources, which tells a core that was built from others.

Enters: the folder of this file. Leaves: a text that changes when a source does. The build
compiles it into the core; the standard library alone is used, since the build runs this file
before the package is installed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def source_mark() -> str:
    """Return the mark of the sources beside this file; empty where there are none."""
    paths = sorted([*FOLDER.glob("*.pyx"), *FOLDER.glob("cpp/*.hpp")])
    if not paths:
        return ""
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]
