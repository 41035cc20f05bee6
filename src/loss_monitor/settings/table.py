"""The table of settings: names, what each may be, and where in `Settings` it goes.

Enters: a value of the file, or a text of the command line or environment. Leaves: the
value that `Settings` holds, or a ValueError that says what is allowed. The names are the
original system's; those marked as added are new.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Protocol

from loss_monitor.settings.params import LabelText, ParamPairs

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
SHIPPED_UPDATE_INTERVAL_S = 5
"""The original's `DATA_UPDATE_INTERVAL`: in a file it means that nobody chose one."""
SHIPPED_PORT = 5000
"""The original's `SERVER_PORT`: in a file it means that nobody chose one."""


class Kind(Protocol):
    """What a setting may be."""

    @property
    def allowed(self) -> str:
        """What is allowed, in words that follow "allowed is"."""
        ...

    def parse(self, text: str) -> object:
        """Return the value that a text of command line or environment stands for."""
        ...

    def check(self, value: object) -> object:
        """Return `value` as `Settings` holds it; raises ValueError if it is not allowed."""
        ...


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number between two bounds, both included."""

    least: int
    most: int

    @property
    def allowed(self) -> str:
        """What is allowed."""
        return f"a whole number from {self.least} to {self.most}"

    def parse(self, text: str) -> object:
        """Return the number; ASCII digits only, since `int` also takes `5_000`."""
        return int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text.strip()) else text

    def check(self, value: object) -> object:
        """Return the number within its bounds."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(value)
        if not self.least <= value <= self.most:
            raise ValueError(value)
        return value


@dataclass(frozen=True, slots=True)
class Seconds:
    """A duration between two bounds, both included."""

    least: float
    most: float

    @property
    def allowed(self) -> str:
        """What is allowed."""
        return f"a number of seconds from {self.least:g} to {self.most:g}"

    def parse(self, text: str) -> object:
        """Return the number."""
        return float(text)

    def check(self, value: object) -> object:
        """Return the number as float within its bounds."""
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise ValueError(value)
        if math.isnan(value) or not self.least <= value <= self.most:
            raise ValueError(value)
        return float(value)


@dataclass(frozen=True, slots=True)
class Number:
    """A number between two bounds, both included."""

    least: float
    most: float

    @property
    def allowed(self) -> str:
        """What is allowed."""
        return f"a number from {self.least:g} to {self.most:g}"

    def parse(self, text: str) -> object:
        """Return the number."""
        return float(text)

    def check(self, value: object) -> object:
        """Return the number as float within its bounds."""
        return Seconds(self.least, self.most).check(value)


@dataclass(frozen=True, slots=True)
class Word:
    """One word of several, in any case."""

    words: tuple[str, ...]

    @property
    def allowed(self) -> str:
        """What is allowed."""
        return "one of " + ", ".join(self.words)

    def parse(self, text: str) -> object:
        """Return the text."""
        return text.strip()

    def check(self, value: object) -> object:
        """Return the word in upper case."""
        if not isinstance(value, str) or value.upper() not in self.words:
            raise ValueError(value)
        return value.upper()


@dataclass(frozen=True, slots=True)
class Flag:
    """Yes or no."""

    allowed: str = "True or False (in the environment also 1, 0, yes, no, on, off)"

    def parse(self, text: str) -> object:
        """Return the truth value of a word."""
        word = text.strip().lower()
        if word in ("1", "true", "yes", "on"):
            return True
        return False if word in ("0", "false", "no", "off", "") else text

    def check(self, value: object) -> object:
        """Return the truth value."""
        if not isinstance(value, bool):
            raise ValueError(value)
        return value


@dataclass(frozen=True, slots=True)
class Text:
    """A text without control characters; `optional` lets None stand for "not set"."""

    allowed: str
    optional: bool = False
    pattern: str = r"[^\x00-\x1f]+"

    def parse(self, text: str) -> object:
        """Return the text."""
        return text

    def check(self, value: object) -> object:
        """Return the text."""
        if value is None and self.optional:
            return None
        if not isinstance(value, str) or not re.fullmatch(self.pattern, value):
            raise ValueError(value)
        return value


@dataclass(frozen=True, slots=True)
class Texts:
    """Several texts: a list in the file, joined by commas in the environment."""

    allowed: str
    pattern: str = r"[^\x00-\x1f]+"

    def parse(self, text: str) -> object:
        """Return the parts between commas."""
        return [part.strip() for part in text.split(",") if part.strip()]

    def check(self, value: object) -> object:
        """Return the texts as a tuple."""
        if not isinstance(value, (list, tuple)):
            raise ValueError(value)
        for part in value:
            if not isinstance(part, str) or not re.fullmatch(self.pattern, part):
                raise ValueError(part)
        return tuple(value)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers by name: a mapping in the file, `name=number` joined by commas elsewhere."""

    allowed: str

    def parse(self, text: str) -> object:
        """Return the numbers between commas."""
        pairs = (part.partition("=") for part in text.split(",") if part.strip())
        return {name.strip(): float(number) for name, _, number in pairs}

    def check(self, value: object) -> object:
        """Return name and number, each a pair."""
        if not isinstance(value, dict):
            raise ValueError(value)
        for name, number in value.items():
            is_number = isinstance(number, (int, float)) and not isinstance(number, bool)
            if not isinstance(name, str) or not is_number or not math.isfinite(number):
                raise ValueError(value)
        return tuple((name, float(number)) for name, number in value.items())


@dataclass(frozen=True, slots=True)
class Anything:
    """Any literal: accepted and without effect."""

    allowed: str = "any literal"

    def parse(self, text: str) -> object:
        """Return the text."""
        return text

    def check(self, value: object) -> object:
        """Return the value."""
        return value


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table."""

    name: str
    """Name in the file; in the environment with `LOSS_MONITOR_` before it."""
    field: str
    """Field of `Settings`, and key of the command line's arguments; empty: none."""
    kind: Kind
    short: str = ""
    """Second name in the environment, after `LOSS_MONITOR_`."""
    option: str = ""
    """Option of the command line, for messages."""
    instead: str = ""
    """What takes the place of a setting that no longer acts."""


_HOST = r"[A-Za-z0-9._:%\[\]-]{1,253}"
# The times of `model_time`, which needs numpy; without the groups.
_START = (
    r"newest|all|\d{1,9}-(0?[1-9]|1[0-2])-(0?[1-9]|[12]\d|3[01])"
    r"[ T_]([01]?\d|2[0-3])[:-][0-5]\d[:-][0-5]\d(\.\d{1,9})?"
)
_JOB = r"auto|none|[0-9]{1,10}(_[0-9]{1,10})?"
_ORIGIN = r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "SERVER_HOST",
        "host",
        Text("a host name or an address, such as '127.0.0.1' or '0.0.0.0'", pattern=_HOST),
        "HOST",
        "--host",
    ),
    Setting("SERVER_PORT", "port", Whole(0, 65535), "PORT", "--port"),
    Setting("DATA_UPDATE_INTERVAL", "data_update_interval_s", Seconds(0.1, 3600)),
    Setting("DASHBOARD_REFRESH_RATE", "dashboard_refresh_rate_s", Seconds(0.5, 3600)),
    Setting("DEFAULT_HISTORY_LIMIT", "default_history_limit", Whole(1, 10_000_000)),
    Setting("MAX_HISTORY_LIMIT", "max_history_limit", Whole(1, 10_000_000)),
    Setting("LOG_LEVEL", "log_level", Word(LOG_LEVELS), option="--log-level"),
    Setting("LOG_FILE", "log_file", Text("the path of a file"), option="--log-file"),
    Setting(
        "DATA_DIRECTORY",
        "data_dir",
        Text("the path of a directory, or None for the usual place", optional=True),
        "DATA_DIR",
        "--data-dir",
    ),
    Setting("TENSORBOARD_ENABLED", "tensorboard_enabled", Flag()),
    Setting(
        "CHART_COLORS",
        "",
        Anything(),
        instead="the page's own colours, which keep their contrast in the dark and light theme",
    ),
    Setting("MAX_LOG_ENTRIES", "max_log_entries", Whole(10, 100_000)),
    Setting("HISTOGRAM_BINS", "histogram_bins", Whole(1, 1000)),
    Setting(
        "SECRET_KEY",
        "",
        Anything(),
        instead="a random token that the monitor makes itself and keeps in its state directory",
    ),
    Setting("ENABLE_CORS", "", Flag()),
    # Added to the original's settings:
    Setting(
        "CORS_ORIGINS",
        "cors_origins",
        Texts("a list of origins, such as ['https://example.org:8000']; no '*'", _ORIGIN),
    ),
    Setting("JOB_LOGS", "job_logs", Texts("a list of paths or patterns"), option="--job-log"),
    Setting(
        "RUN_START",
        "run_start",
        Text("'newest', 'all', or a start such as '1979-01-01 00:00:00'", pattern=_START),
        option="--run-start",
    ),
    Setting(
        "JOB",
        "job",
        Text("the number of a job, 'auto' or 'none'", optional=True, pattern=_JOB),
        option="--job",
    ),
    Setting(
        "PUBLIC_HOST",
        "public_host",
        Text("a host name, or None for this node's own", optional=True, pattern=_HOST),
    ),
    Setting("ALLOW_HOSTS", "allow_hosts", Texts("a list of host names", _HOST)),
    Setting(
        "FRAME_ANCESTORS",
        "frame_ancestors",
        Texts("a list of origins, such as ['https://jupyterhub.example.org']; no '*'", _ORIGIN),
    ),
    Setting("SOCKET", "socket", Text("the path of a UNIX socket"), option="--socket"),
    Setting("CERTFILE", "certfile", Text("the path of a certificate (PEM)"), option="--certfile"),
    Setting("KEYFILE", "keyfile", Text("the path of a private key (PEM)"), option="--keyfile"),
    Setting("FOLLOW_SYMLINKS", "follow_symlinks", Flag(), option="--follow-symlinks"),
    Setting("HEALTH_OFF", "health_off", Texts("a list of health rules, such as ['plateau']")),
    Setting(
        "HEALTH_LIMITS",
        "health_limits",
        Numbers("limits of health rules by name, such as {'spike.factor': 3.0}"),
    ),
    Setting(
        "ON_ALERT",
        "on_alert",
        Text("a command with its arguments, or None", optional=True),
        option="--on-alert",
    ),
    Setting("LABEL", "label", LabelText(), option="--label"),
    Setting("PARAMS", "params", ParamPairs(), option="--param"),
    Setting("MAX_CONNECTIONS", "connections_max", Whole(64, 1_000_000)),
    Setting("MAX_CONNECTIONS_EACH", "connections_each_max", Whole(1, 1_000_000)),
    Setting("MAX_STREAMS", "streams_max", Whole(1, 1_000_000)),
    Setting("KEEP_RUNS", "keep_runs", Flag()),
    Setting("KEEP_DIRECTORY", "keep_dir", Text("the path of a directory"), option="--keep-dir"),
    Setting("KEEP_DAYS", "keep_days", Number(0.01, 36_500)),
    Setting("KEEP_BYTES", "keep_bytes", Whole(1_000_000, 10**15)),
    Setting("MAX_FILES", "files_max", Whole(100, 100_000_000)),
    Setting("MAX_LOSS_FILE_BYTES", "loss_file_bytes_max", Whole(1_000_000, 10**15)),
    Setting("MAX_TAGS", "tags_max", Whole(10, 10_000_000)),
    Setting("MAX_DOWNLOADS", "downloads_max", Whole(1, 1000)),
    Setting("MAX_REQUESTS_PER_SECOND", "requests_per_s_max", Whole(100, 1_000_000)),
    Setting("MAX_REQUESTS_PER_SECOND_EACH", "requests_per_s_each_max", Whole(1, 1_000_000)),
    Setting("MAX_HEADER_BYTES", "head_bytes_max", Whole(1024, 1_048_576)),
    Setting("HEADER_TIMEOUT", "head_timeout_s", Seconds(0.5, 3600)),
)
