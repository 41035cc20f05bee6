"""The way to one `Settings`: command line before environment before file before default.

Enters: the command line's arguments as texts, the environment, the configuration file's
path. Leaves: `Settings`, or a `SettingError` that names the setting, its value and what is
allowed.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from loss_monitor.errors import SettingError
from loss_monitor.settings.config_file import read_config_file
from loss_monitor.settings.places import (
    checkout_dir,
    default_data_dir,
    host_dir,
    is_loopback,
    state_dir,
)
from loss_monitor.settings.record import Settings
from loss_monitor.settings.table import (
    SETTINGS,
    SHIPPED_PORT,
    SHIPPED_UPDATE_INTERVAL_S,
    Setting,
)

PREFIX = "LOSS_MONITOR_"
NOTES_NAME = "notes.jsonl"
LOG_FILE_NAME = "dashboard.log"
SHOWN_MAX = 80
"""Characters of a refused value that a message shows."""
_DEFAULTS = {field.name: field.default for field in fields(Settings)}
_BY_NAME = {setting.name: setting for setting in SETTINGS}
# Variables of this prefix that are read elsewhere: by this module itself, by the scripts, by
# `_native`, by the tests.
_OTHER_VARIABLES = frozenset(
    {"CONFIG", "LOG_DIR", "PYTHON", "CORE", "CHROMIUM", "EVENT_FILES", "SLOW_TESTS", "SLURM_TESTS"}
)


@dataclass(frozen=True, slots=True)
class _Given:
    """A value that somebody gave, and where."""

    value: Any
    place: str
    """`--port`, `LOSS_MONITOR_PORT` or `/path/config.py, line 3`."""
    folder: Path | None
    """What a relative path is relative to; None: the place of logs or the current folder."""
    from_file: bool


def config_path_of(config: str | None, environ: Mapping[str, str]) -> Path | None:
    """Return the configuration file: as named, else the environment's, else the checkout's.

    Never one of the working directory: another user's folder must not configure us.
    """
    named = config or environ.get(PREFIX + "CONFIG")
    if named:
        return Path(named).expanduser().absolute()
    checkout = checkout_dir()
    if checkout is not None and (checkout / "config.py").is_file():
        return checkout / "config.py"
    return None


def load_settings(
    arguments: Mapping[str, object],
    environ: Mapping[str, str],
    config_path: Path | None = None,
) -> Settings:
    """Return the settings of one monitor.

    `arguments` has keys of `Settings`' fields; texts are parsed, None counts as not given.
    Its `only_job_logs` means that a job log stands where a directory could: environment and
    file then add no directory to it.
    Raises `SettingError` for a value that is not allowed. Does not look whether the data
    directory exists: it may come later.
    """
    given, notes = _from_file(config_path)
    more, unknown = _from_environment(environ)
    given |= more
    given |= _from_arguments(arguments)
    notes += unknown
    notes += _notes_on_silent(given)
    values: dict[str, Any] = {
        _BY_NAME[name].field: one.value for name, one in given.items() if _BY_NAME[name].field
    }
    _settle_port(values, given)
    _settle_interval(values, given)
    _settle_limits(values, given)
    values["cors_origins"] = _origins(given, notes)
    values["notes_file"] = state_dir(environ) / NOTES_NAME
    values["log_file"] = _log_file(given.get("LOG_FILE"), environ)
    _settle_data(values, given, only_job_logs=bool(arguments.get("only_job_logs")))
    _settle_paths(values, given)
    _settle_consent(values, arguments)
    for name in ("debug", "demo", "port_file"):
        if arguments.get(name) is not None:
            values[name] = arguments[name]
    if values.get("debug"):
        values["log_level"] = "DEBUG"
    if values.get("port_file") is not None:
        values["port_file"] = Path(values["port_file"]).expanduser().absolute()
    return Settings(notes=tuple(notes), **values)


def _from_file(path: Path | None) -> tuple[dict[str, _Given], list[str]]:
    if path is None:
        return {}, []
    file = read_config_file(path)
    given: dict[str, _Given] = {}
    notes = list(file.notes)
    for assignment in file.assignments:
        place = f"{path}, line {assignment.line}"
        setting = _BY_NAME.get(assignment.name)
        if setting is None:
            notes.append(f"{place}: {assignment.name} is no setting" + _near(assignment.name))
            continue
        # What has no effect need not be read: the original's file computes its SECRET_KEY.
        if not assignment.is_literal and not setting.instead:
            raise _refusal(setting, assignment.text, place, "; only a literal is read")
        value = _checked(setting, assignment.value, assignment.text, place)
        given[setting.name] = _Given(value, place, path.parent, from_file=True)
    return given, notes


def _from_environment(environ: Mapping[str, str]) -> tuple[dict[str, _Given], list[str]]:
    given: dict[str, _Given] = {}
    settings = {PREFIX + setting.name: setting for setting in SETTINGS}
    # The short names come second, so that they win where both are set.
    settings |= {PREFIX + setting.short: setting for setting in SETTINGS if setting.short}
    for variable, setting in settings.items():
        text = environ.get(variable)
        if text:
            value = _parsed(setting, text, variable)
            given[setting.name] = _Given(value, variable, None, from_file=False)
    others = {PREFIX + name for name in _OTHER_VARIABLES}
    notes = [
        f"{variable} is no setting" + _near(variable.removeprefix(PREFIX))
        for variable in sorted(environ)
        if variable.startswith(PREFIX) and variable not in settings and variable not in others
    ]
    return given, notes


def _from_arguments(arguments: Mapping[str, object]) -> dict[str, _Given]:
    given: dict[str, _Given] = {}
    for setting in SETTINGS:
        value = arguments.get(setting.field) if setting.field else None
        if value is None or value in ([], ()):
            continue
        place = setting.option or setting.name
        if isinstance(value, str):
            value = _parsed(setting, value, place)
        else:
            value = _checked(setting, _plain(value), str(value), place)
        given[setting.name] = _Given(value, place, None, from_file=False)
    return given


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


def _parsed(setting: Setting, text: str, place: str) -> object:
    try:
        value = setting.kind.parse(text)
    except ValueError:
        raise _refusal(setting, repr(text), place) from None
    return _checked(setting, value, repr(text), place)


def _checked(setting: Setting, value: object, text: str, place: str) -> object:
    try:
        return setting.kind.check(value)
    except ValueError:
        raise _refusal(setting, text, place) from None


def _refusal(setting: Setting, text: str, place: str, more: str = "") -> SettingError:
    shown = text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 3] + "..."
    named = setting.name if place == setting.name else f"{setting.name} ({place})"
    return SettingError(f"{named} is {shown}; allowed is {setting.kind.allowed}{more}")


def _near(name: str) -> str:
    near = difflib.get_close_matches(name.upper(), list(_BY_NAME), n=1, cutoff=0.7)
    return f"; is {near[0]} meant?" if near else ""


def _notes_on_silent(given: Mapping[str, _Given]) -> list[str]:
    return [
        f"{name} ({one.place}) has no effect; in its place: {_BY_NAME[name].instead}"
        for name, one in given.items()
        if _BY_NAME[name].instead
    ]


def _settle_port(values: dict[str, Any], given: Mapping[str, _Given]) -> None:
    one = given.get("SERVER_PORT")
    if one is not None:
        values["port_fixed"] = not (one.from_file and one.value == SHIPPED_PORT)


def _settle_interval(values: dict[str, Any], given: Mapping[str, _Given]) -> None:
    one = given.get("DATA_UPDATE_INTERVAL")
    if one is not None and one.from_file and one.value == SHIPPED_UPDATE_INTERVAL_S:
        values["data_update_interval_s"] = None


def _settle_limits(values: dict[str, Any], given: Mapping[str, _Given]) -> None:
    usual = values.get("default_history_limit", _DEFAULTS["default_history_limit"])
    most = values.get("max_history_limit", _DEFAULTS["max_history_limit"])
    if usual <= most:
        return
    if "DEFAULT_HISTORY_LIMIT" in given:
        place = given["DEFAULT_HISTORY_LIMIT"].place
        raise SettingError(
            f"DEFAULT_HISTORY_LIMIT ({place}) is {usual}; allowed is at most "
            f"MAX_HISTORY_LIMIT, which is {most}"
        )
    # Only the maximum was lowered: the default follows it.
    values["default_history_limit"] = most


def _settle_paths(values: dict[str, Any], given: Mapping[str, _Given]) -> None:
    for name in ("SOCKET", "CERTFILE", "KEYFILE", "KEEP_DIRECTORY"):
        if name in given:
            folder = given[name].folder or Path.cwd()
            values[_BY_NAME[name].field] = folder / Path(given[name].value).expanduser()
    if "keyfile" in values and "certfile" not in values:
        raise SettingError(
            f"KEYFILE ({given['KEYFILE'].place}) stands without CERTFILE; allowed are both, "
            "or a CERTFILE that holds the key too"
        )


def _settle_consent(values: dict[str, Any], arguments: Mapping[str, object]) -> None:
    """Open the monitor to everybody only where this command says so itself.

    Neither a file nor the environment can do it: they outlive the moment it was meant for.
    """
    if not arguments.get("no_auth"):
        return
    host = values.get("host", _DEFAULTS["host"])
    if not is_loopback(host) and not arguments.get("consent"):
        raise SettingError(
            f"--no-auth with SERVER_HOST {host!r} lets every machine that reaches this node "
            "read the monitor; allowed is a loopback host, or --i-know-anyone-can-read in "
            "the same command"
        )
    values["is_open"] = True


def _origins(given: Mapping[str, _Given], notes: list[str]) -> tuple[str, ...]:
    origins: tuple[str, ...] = given["CORS_ORIGINS"].value if "CORS_ORIGINS" in given else ()
    enabled = given.get("ENABLE_CORS")
    if enabled is None:
        return origins
    if enabled.value and not origins:
        notes.append(
            f"ENABLE_CORS ({enabled.place}) is True without origins and has no effect: "
            "name in CORS_ORIGINS the web pages that may read the interface"
        )
    return origins if enabled.value else ()


def _log_file(one: _Given | None, environ: Mapping[str, str]) -> Path:
    """Return the log's path; a bare name lies where the scripts say, else in the state."""
    path = Path(one.value if one is not None else LOG_FILE_NAME).expanduser()
    if one is not None and one.place.startswith("--"):
        return path.absolute()
    return Path(environ.get(PREFIX + "LOG_DIR") or host_dir(environ)).absolute() / path


def _settle_data(
    values: dict[str, Any], given: Mapping[str, _Given], *, only_job_logs: bool
) -> None:
    one = given.get("DATA_DIRECTORY")
    logs = given.get("JOB_LOGS")
    if only_job_logs and one is not None and one.place != "--data-dir":
        one = None
    if logs is not None:
        folder = logs.folder or Path.cwd()
        values["job_logs"] = tuple(
            os.path.join(folder, os.path.expanduser(pattern)) for pattern in logs.value
        )
    if one is not None and one.value is not None:
        folder = one.folder or Path.cwd()
        values["data_dir"] = folder / Path(one.value).expanduser()
    elif logs is not None and not logs.from_file:
        # Logs alone were named: the usual directory's files are not what was asked for.
        values["data_dir"] = Path(values["job_logs"][0]).parent
        values["watches_data_dir"] = False
    else:
        values["data_dir"] = default_data_dir()
