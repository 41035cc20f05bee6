"""Settings: what the user decides, from command line, environment, file and defaults.

Enters: options as texts, environment variables, a configuration file of literals. Leaves:
one frozen `Settings`. Imports the standard library only, so that `status` can run before
anything is installed.
"""

from __future__ import annotations

from loss_monitor.settings.load import config_path_of, load_settings
from loss_monitor.settings.places import (
    checkout_dir,
    default_data_dir,
    host_dir,
    host_name,
    state_dir,
)
from loss_monitor.settings.record import Settings
from loss_monitor.settings.table import SETTINGS

__all__ = [
    "SETTINGS",
    "Settings",
    "checkout_dir",
    "config_path_of",
    "default_data_dir",
    "host_dir",
    "host_name",
    "load_settings",
    "state_dir",
]
