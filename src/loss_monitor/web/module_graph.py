"""Which modules a script of the page needs before it runs.

Enters: a folder and the path of a script below it. Leaves: the paths of all modules that it
imports, and that these import, nearest first. A browser finds an import only when it has read
the module that asks for it: six turns of a slow tunnel, one after the other. Told of all at
once, it fetches them side by side.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

_IMPORT = re.compile(r"""^(?:import|export)\b(?:[^;'"]*?\bfrom)? "(\.[^"]+\.js)";""", re.MULTILINE)
"""A static import at the beginning of a line; what is fetched later has its call inside one."""


def modules_of(root: Path, entry: str) -> list[str]:
    """Return the modules behind `entry`, itself first, as paths below `root`.

    Raises OSError where one of them is not there.
    """
    found = [entry]
    for module in found:
        folder = posixpath.dirname(module)
        for path in _IMPORT.findall((root / module).read_text(encoding="utf-8")):
            imported = posixpath.normpath(posixpath.join(folder, path))
            if imported not in found:
                found.append(imported)
    return found
