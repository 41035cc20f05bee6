"""The bounds of what is read: files of the watched directories, whatever links say.

Enters: an opened file. Leaves: whether it lies in one of the directories. The answer is about
the open file, not about its path: a link that is changed between two questions about a path
deceives neither of them here. Whoever may write into a watched directory could otherwise have
the monitor show lines of files that only its owner may read.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator


class Within:
    """Directories that files may lie in, at any depth."""

    def __init__(self, directories: Iterable[str], patterns: Iterable[str] = ()) -> None:
        """Take watched directories, and what a user named: files, directories, patterns.

        Neither need exist yet, and each may itself be a link.
        """
        self._directories = frozenset(path.rstrip("/") or "/" for path in directories)
        self._patterns = tuple(patterns)
        fixed = map(_fixed_part, self._patterns)
        self._direct = self._directories.union(self._patterns, map(os.path.dirname, fixed))

    def holds_directly(self, path: str) -> bool:
        """Tell whether `path`, if it is no link, lies right in one of the directories."""
        at = path.rfind("/")
        return (path[:at] if at > 0 else path[: at + 1]) in self._direct

    def holds(self, descriptor: int, path: str) -> bool:
        """Tell whether the file opened at `path` lies below one of the directories."""
        try:
            place = os.readlink(f"/proc/self/fd/{descriptor}")
        except OSError:
            place = os.path.realpath(path)
        roots = (os.path.realpath(root).rstrip("/") for root in self._roots())
        return any(place.startswith(root + "/") for root in roots)

    def _roots(self) -> Iterator[str]:
        yield from self._directories
        for pattern in self._patterns:
            if os.path.isdir(pattern):
                yield pattern
                continue
            yield os.path.dirname(_fixed_part(pattern))
            # Who names a link means the file behind it.
            yield os.path.dirname(os.path.realpath(pattern))


def _fixed_part(pattern: str) -> str:
    """Return a shell pattern up to its first sign that stands for others."""
    first = next((at for at, sign in enumerate(pattern) if sign in "*?["), len(pattern))
    return pattern[:first]
