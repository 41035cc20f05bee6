"""Variables of a NetCDF file: the few kinds that a run is made of.

Enters: names, pieces of columns, attributes. Leaves: variables of an open netCDF4 dataset, written
piece by piece.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loss_monitor.export.tables import shown_path

_CHUNK_VALUES = 65_536
"""Half a megabyte: read at once by whoever wants one value."""
_CACHE_BYTES = 2 << 20
"""Pieces end within chunks, of which a few are open at a time; the library would hold 64 MB."""
NO_LEAP_SECONDS = "leap_seconds: none"
"""Of times in the calendars that could have them: neither Unix nor ICON counts any."""
WALL_TIME: dict[str, Any] = {
    "units": "seconds since 1970-01-01 00:00:00",
    "calendar": "standard",
    "units_metadata": NO_LEAP_SECONDS,
}
"""Attributes of a wall time."""


class Variables:
    """The variables of one dataset that is being written."""

    def __init__(self, file: Any) -> None:
        """Write into `file`, an open `netCDF4.Dataset`."""
        self._file = file
        self._sizes: dict[str, int] = {}

    def dimension(self, name: str, size: int) -> None:
        """Make a dimension of a size above 0: to the library 0 means one without end."""
        self._file.createDimension(name, size)
        self._sizes[name] = size

    def floats(
        self,
        name: str,
        dimension: str,
        pieces: Iterable[NDArray[Any]],
        *,
        fill: bool = True,
        **attributes: Any,
    ) -> None:
        """Write float64; with `fill` NaN stands for a missing value."""
        missing = np.nan if fill else False
        self._put(name, "f8", (dimension,), pieces, attributes, missing)

    def whole(
        self, name: str, dimension: str, pieces: Iterable[NDArray[Any]], **attributes: Any
    ) -> None:
        """Write int64, none of them missing."""
        attributes = {"units": "1", **attributes}
        self._put(name, "i8", (dimension,), pieces, attributes, fill=False)

    def moments(
        self, name: str, dimension: str, wall_times: Sequence[float] | NDArray[Any], words: str
    ) -> None:
        """Write wall times, seconds since 1970-01-01 UTC, of which 0 means unknown."""
        times = np.asarray(wall_times, dtype=np.float64)
        known = np.where(times > 0, times, np.nan)
        words = f"wall time (UTC) {words}"
        self.floats(name, dimension, [known], fill=True, long_name=words, **WALL_TIME)

    def texts(self, name: str, dimension: str, texts: Iterable[str], words: str) -> None:
        """Write texts; what is no UTF-8 is shown as escapes."""
        variable = self._file.createVariable(name, str, (dimension,))
        variable.long_name = words
        variable[:] = np.array([shown_path(text) for text in texts], dtype=object)

    def table(
        self,
        name: str,
        dimensions: tuple[str, str],
        pieces: Iterable[NDArray[Any]],
        **attributes: Any,
    ) -> None:
        """Write float64 of two dimensions, in pieces along the first; NaN is missing."""
        self._put(name, "f8", dimensions, pieces, attributes, np.nan)

    def _put(
        self,
        name: str,
        kind: str,
        dimensions: tuple[str, ...],
        pieces: Iterable[NDArray[Any]],
        attributes: dict[str, Any],
        fill: Any,
    ) -> None:
        first, *others = (self._sizes[one] for one in dimensions)
        variable = self._file.createVariable(
            name,
            kind,
            dimensions,
            zlib=True,
            complevel=1,
            shuffle=True,
            chunksizes=(min(first, _CHUNK_VALUES), *others),
            fill_value=fill,
        )
        variable.set_var_chunk_cache(size=_CACHE_BYTES)
        variable.setncatts(attributes)
        at = 0
        for piece in pieces:
            variable[at : at + len(piece)] = piece
            at += len(piece)
