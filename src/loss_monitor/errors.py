"""Errors that end an operation: each has a cause, a place, a remedy and an exit code.

Incomplete input is a normal result and refused input is a `types.Refusal`; neither is an
exception. What is raised here is printed by the command line without a traceback.
"""

from __future__ import annotations

EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_NOT_RUNNING = 3
EXIT_PORT_TAKEN = 4
EXIT_BAD = 5
"""`check`: the training is not healthy."""
EXIT_NO_DATA = 6
"""`check`: no losses were found."""


class MonitorError(Exception):
    """Something that the user has to know and can mend; `str()` of it is the message."""

    exit_code = EXIT_FAILURE


class SettingError(MonitorError, ValueError):
    """A setting has a value that is not allowed; names the setting, the value, what is."""

    exit_code = EXIT_USAGE


class PortTakenError(MonitorError, OSError):
    """The port asked for belongs to another process."""

    exit_code = EXIT_PORT_TAKEN


class UnknownNameError(MonitorError, KeyError):
    """A timestep, tag or run that was asked for does not exist."""

    def __str__(self) -> str:
        """Return the message without the quotes that `KeyError` adds."""
        return str(self.args[0])
