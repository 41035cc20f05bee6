"""Options that `serve` and `start` share, and the settings that they make.

Enters: parsed options. Leaves: `Settings`. Values stay texts here: the table of settings
judges them, so that a wrong one is told in the same words wherever it was given.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Mapping
from pathlib import Path

from loss_monitor.settings import Settings, config_path_of, load_settings

_JOB_LOG = re.compile(r"LOG\.exp\..+\.o|slurm[.-]\d+\.out")


def add_source_options(parser: argparse.ArgumentParser) -> None:
    """Declare what is watched."""
    parser.add_argument(
        "--data-dir",
        metavar="DIR",
        help="directory that the plugin writes to; need not exist yet "
        "(default: /scratch/<first letter>/<user>/icon_exercise_comin)",
    )
    parser.add_argument(
        "--job-log",
        dest="job_logs",
        metavar="PATH",
        action="append",
        help="job log, directory of job logs or pattern; may be given several times",
    )
    parser.add_argument(
        "--run-start",
        metavar="TIME",
        help="of several trainings in one directory the one whose files name this start, or all "
        "as one run (default: newest)",
    )


def add_label_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the run is called and how it differs from others."""
    parser.add_argument(
        "--label", metavar="TEXT", help="what the run is called (default: as run.toml says)"
    )
    parser.add_argument(
        "--param",
        dest="params",
        metavar="NAME=VALUE",
        action="append",
        help="parameter of the run, such as lr=3e-4; may be given several times",
    )


def add_server_options(parser: argparse.ArgumentParser) -> None:
    """Declare how the page is served, and what is written about it."""
    parser.add_argument(
        "--config", metavar="FILE", help="file of NAME = literal (default: the checkout's)"
    )
    parser.add_argument(
        "--public-host", metavar="NAME", help="name under which ssh reaches this node"
    )
    parser.add_argument(
        "--allow-host",
        dest="allow_hosts",
        metavar="NAME",
        action="append",
        help="further name under which a browser may ask; may be given several times",
    )
    parser.add_argument(
        "--socket", metavar="PATH", help="UNIX socket to listen at in place of a port"
    )
    parser.add_argument("--certfile", metavar="FILE", help="certificate (PEM): serve HTTPS")
    parser.add_argument("--keyfile", metavar="FILE", help="its private key (PEM)")
    parser.add_argument(
        "--follow-symlinks",
        action="store_true",
        default=None,
        help="read files that links in the watched directory lead to outside of it",
    )
    parser.add_argument(
        "--no-auth",
        action="store_true",
        help="let in whoever reaches the address, without a token",
    )
    parser.add_argument(
        "--i-know-anyone-can-read",
        dest="consent",
        action="store_true",
        help="consent that --no-auth needs where other machines reach the address",
    )
    parser.add_argument(
        "--job",
        metavar="ID",
        help="number of the Slurm job, auto to look for it, none to never ask Slurm "
        "(default: from the job log's name)",
    )
    parser.add_argument(
        "--keep-dir", metavar="DIR", help="where runs are kept that outlive their directory"
    )
    parser.add_argument(
        "--on-alert",
        metavar="COMMAND",
        help="called for each incident of the run's health, with JSON on standard input",
    )
    parser.add_argument("--log-file", metavar="FILE", help="where messages are appended")
    parser.add_argument(
        "--log-level", metavar="LEVEL", help="DEBUG, INFO, WARNING, ERROR or CRITICAL"
    )
    parser.add_argument(
        "--debug", action="store_true", help="log level DEBUG; never starts a debugger"
    )


def settings_of(
    options: argparse.Namespace, environ: Mapping[str, str], *, place: str | None = None
) -> Settings:
    """Return the settings that `options` make; `place` is a directory or a job log.

    Raises `SettingError`.
    """
    arguments = dict(vars(options))
    logs = [os.path.abspath(os.path.expanduser(log)) for log in options.job_logs or ()]
    if place is not None and is_job_log(place):
        logs.insert(0, os.path.abspath(os.path.expanduser(place)))
        arguments["only_job_logs"] = True
    elif place is not None:
        arguments["data_dir"] = place
    arguments["job_logs"] = logs
    return load_settings(arguments, environ, config_path_of(options.config, environ))


def is_job_log(place: str) -> bool:
    """Tell whether `place` means job logs: a file, a pattern, or a name that they have."""
    return (
        os.path.isfile(os.path.expanduser(place))
        or any(character in place for character in "*?[")
        or _JOB_LOG.fullmatch(Path(place).name) is not None
    ) and not os.path.isdir(os.path.expanduser(place))
