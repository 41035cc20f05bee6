"""The settings of one monitor, validated: a frozen record and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting that the rooms read; each was validated where it entered."""

    data_dir: Path
    """The watched directory; it need not exist yet."""
    job_logs: tuple[str, ...] = ()
    """Files, directories or patterns of job logs, absolute."""
    job: str | None = None
    """Number of Slurm's job, `auto` for the user's own that fits, `none` to never ask Slurm;
    None takes the number from the job log's name."""
    watches_data_dir: bool = True
    """False where only job logs were named: `data_dir` is then merely where they lie."""
    run_start: str = "newest"
    """Which of the runs that wrote to one directory, by its start: `newest`, a model time, or
    `all` for everything as one run."""
    source_number: int = 1
    """Of the place among those that one process watches, from 1."""
    source_label: str = ""
    """What tells the place from others of its name; empty where no other has it."""
    label: str | None = None
    """What the run is called; None: as `run.toml` says, or after its place."""
    params: tuple[tuple[str, str], ...] = ()
    """Parameters of the run by name; those of `run.toml` stand beside them."""
    notes_file: Path | None = None
    """Notes of all places, one a line; None: none are looked for."""
    host: str = "127.0.0.1"
    port: int = 5000
    """0 takes any free port."""
    port_fixed: bool = False
    """True where the user chose the port: then a taken one is an error, never evaded."""
    port_file: Path | None = None
    """Where the port is written once it listens: decimal, newline, removed at exit."""
    data_update_interval_s: float | None = None
    """Least interval between two looks; None leaves the pace to the data."""
    dashboard_refresh_rate_s: float = 5.0
    """Interval at which a page polls where the stream does not come through."""
    default_history_limit: int = 100
    max_history_limit: int = 1000
    log_level: str = "INFO"
    log_file: Path | None = None
    tensorboard_enabled: bool = True
    max_log_entries: int = 500
    """Rows that the activity log keeps."""
    histogram_bins: int = 20
    cors_origins: tuple[str, ...] = ()
    """Origins of other web pages that may read the interface; empty: none."""
    debug: bool = False
    public_host: str | None = None
    """Name under which `ssh` reaches this node, where its own name is not the one."""
    allow_hosts: tuple[str, ...] = ()
    """Further names that a request's Host header may hold."""
    frame_ancestors: tuple[str, ...] = ()
    """Origins of other web pages that may show this one in a frame; empty: none."""
    socket: Path | None = None
    """UNIX socket to listen at in place of a port."""
    certfile: Path | None = None
    """Certificate chain of HTTPS (PEM); None serves HTTP."""
    keyfile: Path | None = None
    """Its private key; None where the certificate's file holds it."""
    is_open: bool = False
    """True where the owner asked, in this very command, to let everybody in."""
    follow_symlinks: bool = False
    """True where links that lead out of the watched directory are followed."""
    health_off: tuple[str, ...] = ()
    """Health rules that are not asked."""
    health_limits: tuple[tuple[str, float], ...] = ()
    """Limits of health rules, `rule.limit` and number."""
    on_alert: str | None = None
    """Command that is called for each opened and closed incident; None: none."""
    keep_runs: bool = True
    """Runs are written to files that outlive their directory."""
    keep_dir: Path | None = None
    """Where; None: below the state directory."""
    keep_days: float | None = None
    """Kept runs older than this are deleted; None: never."""
    keep_bytes: int | None = None
    """The oldest kept runs of a source beyond this are deleted; None: never."""
    files_max: int = 1_000_000
    """Names that are watched in one directory and its tree."""
    loss_file_bytes_max: int = 1 << 30
    """A larger loss file is no timestep of a training."""
    tags_max: int = 20_000
    """Different tags of one event file."""
    connections_max: int = 4096
    connections_each_max: int = 64
    """Of one other user or one other machine."""
    streams_max: int = 2048
    downloads_max: int = 4
    """Exports and reports that are sent at a time."""
    requests_per_s_max: int = 500
    requests_per_s_each_max: int = 50
    """Of one other user or one other machine."""
    head_bytes_max: int = 16_384
    """Of a request's line and headers."""
    head_timeout_s: float = 10.0
    """Within which a request's line and headers have to come."""
    demo: bool = False
    """True where the data are a demo's; the page says so."""
    notes: tuple[str, ...] = ()
    """Lines to tell at start: what takes the place of a setting that no longer acts."""
