"""The configuration read again while the server runs (SIGHUP).

Enters: settings as they are read now. Leaves: rules of access, bounds and log level in force
from then on; what only a new start can change is named. A configuration that is not allowed
changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import fields, replace

import uvicorn

from loss_monitor.errors import MonitorError
from loss_monitor.settings import Settings
from loss_monitor.web.access import Rules, access_of
from loss_monitor.web.limits import Door, Limits

ACCESS = frozenset({"allow_hosts", "cors_origins", "frame_ancestors", "public_host"})
BOUNDS = frozenset(
    {
        "connections_max",
        "connections_each_max",
        "requests_per_s_max",
        "requests_per_s_each_max",
        "head_bytes_max",
        "head_timeout_s",
    }
)
LIVE = ACCESS | BOUNDS | {"log_level"}
"""Fields of `Settings` that take effect at once."""
_SILENT = frozenset({"notes", "debug"})

_log = logging.getLogger(__name__)


class Reload:
    """What one server does at SIGHUP; used by the event loop only."""

    def __init__(
        self,
        settings: Settings,
        read_settings: Callable[[], Settings],
        rules: Rules,
        door: Door,
        config: uvicorn.Config,
    ) -> None:
        """Begin with the settings that the server was started with."""
        self._settings = settings
        self._read = read_settings
        self._rules = rules
        self._door = door
        self._config = config

    def __call__(self) -> None:
        """Read the settings again and put in force what can be."""
        try:
            new = self._read()
        except MonitorError as error:
            _log.error("The configuration is not taken: %s", error)
            return
        old = self._settings
        changed = {
            field.name
            for field in fields(Settings)
            if getattr(old, field.name) != getattr(new, field.name)
        } - _SILENT
        later = sorted(changed - LIVE)
        self._settings = replace(old, **{name: getattr(new, name) for name in LIVE})
        self._put_in_force(self._settings)
        _log.warning("The configuration was read again; changed: %s", _listed(changed & LIVE))
        if later:
            _log.warning("These take effect at the next start: %s", ", ".join(later))

    def _put_in_force(self, settings: Settings) -> None:
        logging.getLogger().setLevel(settings.log_level)
        self._door.limits = Limits.of(settings)
        self._config.h11_max_incomplete_event_size = settings.head_bytes_max
        access = self._rules.access
        host = settings.host if settings.socket is None else "localhost"
        self._rules.access = replace(
            access_of(
                access.token,
                host=host,
                instance="",
                allow_hosts=settings.allow_hosts,
                origins=settings.cors_origins,
                frame_ancestors=settings.frame_ancestors,
                public_host=settings.public_host,
                is_open=access.is_open,
            ),
            cookie_name=access.cookie_name,
        )


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"
