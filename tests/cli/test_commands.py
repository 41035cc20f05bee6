"""The door: commands, options, exit codes, messages without traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from loss_monitor import __version__
from loss_monitor.cli import installed
from loss_monitor.cli.__main__ import COMMANDS, command_of, main, parser_of
from loss_monitor.cli.demo import Demo
from loss_monitor.cli.instance import write_instance
from loss_monitor.cli.options import is_job_log, settings_of
from loss_monitor.cli.places import source_settings
from loss_monitor.cli.serve import Serve
from loss_monitor.cli.start import Start, serve_words
from loss_monitor.cli.status import duration, job_text
from loss_monitor.cli.told import last_lines, page_url, print_where, tunnel
from loss_monitor.settings import Settings
from loss_monitor.settings.token_file import load_token

from .test_instance import MINE

ROOT = Path(__file__).parents[2]


def run(*words, **environ):
    """Run the command line in a process of its own, from /, as a user would."""
    return subprocess.run(
        [sys.executable, "-m", "loss_monitor", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **environ},
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(name, capsys):
    """`--help` of each command names its options and ends well."""
    command = command_of(name)
    with pytest.raises(SystemExit) as ended:
        main([command.name, "--help"])
    assert command.name == name
    assert ended.value.code == 0
    assert command.summary[:20] in capsys.readouterr().out


def test_the_overview_names_all_commands_and_exit_codes(capsys):
    """Without a word the commands are listed; that is a wrong usage, asking is not."""
    assert main([]) == 2
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in COMMANDS)
    assert "4 port taken" in text


def test_the_version_is_told(capsys):
    """`--version` names program and Python."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith(f"loss-monitor {__version__} (Python 3.")


def test_an_unknown_command_is_told_with_the_one_meant(capsys):
    """A slip of the finger gets a hint and exit code 2."""
    assert main(["sttaus"]) == 2
    assert "is 'status' meant?" in capsys.readouterr().err


def test_a_refused_setting_is_one_line_and_exit_code_2(capsys):
    """No traceback: the setting, the value and what is allowed."""
    assert main(["serve", "/data", "--port", "x"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("loss-monitor serve: SERVER_PORT (--port) is 'x'; allowed is")
    assert error.count("\n") == 1


def test_a_directory_named_twice_is_wrong_usage(capsys):
    """Two directories cannot both be meant: exit code 2."""
    assert main(["serve", "/data", "--data-dir", "/other"]) == 2
    assert "give one of them" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["status", "stop"])
def test_status_and_stop_need_the_standard_library_only(name):
    """They work before anything is installed: `-S` and `-I` hide all installed packages."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r})\n"
        "from loss_monitor.cli.__main__ import main\n"
        f"print('code', main([{name!r}]))"
    )
    answer = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ),
    )
    assert answer.stderr == ""
    assert "running on" in answer.stdout
    assert f"code {3 if name == 'status' else 0}" in answer.stdout


def test_status_says_what_is_missing(capsys, monkeypatch):
    """What is not installed is named with its remedy."""
    monkeypatch.setattr(installed, "NEEDED", ("numpy", "no-such-package"))
    assert main(["status"]) == 3
    text = capsys.readouterr().out
    assert "missing: installed by start_monitor.sh" in text
    assert "no-such-package" in text


def test_the_needed_packages_are_those_of_the_project():
    """The list that `status` shows is `dependencies` of pyproject.toml."""
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 has no reader of TOML")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    # Python 3.10 alone needs a reader of TOML, and this test cannot run there.
    rows = [one for one in project["dependencies"] if "python_version" not in one]
    needed = [one.partition(">=")[0] for one in rows]
    assert sorted(needed) == sorted(installed.NEEDED)
    least = ".".join(map(str, installed.PYTHON_LEAST))
    assert project["requires-python"] == f">={least}"


@pytest.mark.parametrize(
    ("job", "text"),
    [
        ({"id": "7", "state": None}, "7, of which Slurm tells nothing"),
        ({"id": "7", "state": "PENDING", "used_s": 0.0, "limit_s": None}, "7, PENDING"),
        (
            {
                "id": "7",
                "state": "RUNNING",
                "node": "l40123",
                "used_s": 7800.0,
                "limit_s": 28_800.0,
                "model_time_at_limit": "1979-03-02 06:15",
            },
            (
                "7, RUNNING on l40123, 2 h 10 min of 8 h 0 min used, "
                "model time 1979-03-02 06:15 at the limit"
            ),
        ),
    ],
)
def test_status_tells_the_job_in_the_order_in_which_one_asks(job, text):
    """Is it running, where, how long yet, and how far does it come."""
    assert job_text(job) == text


def test_status_survives_a_reader_that_leaves():
    """`status | head -0` ends without a traceback."""
    words = f"{sys.executable} -m loss_monitor status | true"
    answer = subprocess.run(
        words,
        shell=True,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert answer.stderr == ""


def test_stop_without_monitor_is_done(capsys):
    """Nothing runs afterwards, which is what was asked for."""
    assert main(["stop"]) == 0
    assert "No monitor is running" in capsys.readouterr().out


def test_stop_names_the_node_where_a_monitor_runs(own_state, capsys):
    """On another node of a shared home nothing can be stopped; say where to go."""
    folder = own_state / "hosts" / "login2"
    folder.mkdir(parents=True)
    write_instance(MINE, os.environ)
    os.rename(own_state / "hosts" / MINE.node / "monitor.json", folder / "monitor.json")
    text = (folder / "monitor.json").read_text().replace(f'"{MINE.node}"', '"login2"')
    (folder / "monitor.json").write_text(text)
    assert main(["stop"]) == 3
    assert "login2" in capsys.readouterr().out
    assert (folder / "monitor.json").exists()
    assert main(["status"]) == 3
    assert "On login2 one was started" in capsys.readouterr().out


def test_stale_state_is_cleaned_up_and_told(capsys):
    """A monitor that ended unasked leaves a record; status and stop remove it."""
    for command, code in (("status", 3), ("stop", 0)):
        write_instance(replace(MINE, mark="boot:1"), os.environ)
        assert main([command]) == code
        assert "ended" in capsys.readouterr().out
        assert main(["stop"]) == 0
        assert "No monitor is running" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["5001", "0.0.0.0", "--demo"],
        ["--demo", "5001", "0.0.0.0"],
        ["5001", "--demo", "0.0.0.0"],
        ["--port", "5001", "--host", "0.0.0.0", "--demo"],
    ],
)
def test_start_takes_port_and_host_before_or_behind_options(words):
    """As in the original, and however the user orders them."""
    options = parser_of(Start()).parse_intermixed_args(words)
    port, host = options.port_option or options.port, options.host_option or options.host
    assert (port, host, options.demo) == ("5001", "0.0.0.0", True)


def test_a_running_monitor_is_told_and_not_started_again(capsys):
    """Already running is no failure: it says where, with exit code 0."""
    write_instance(MINE, os.environ)
    assert main(["start"]) == 0
    text = capsys.readouterr().out
    assert "Already running" in text
    assert MINE.url in text


def test_a_place_in_the_place_of_the_port_is_told(capsys):
    """As `serve DIR` takes it; `start DIR` does not."""
    assert main(["start", "/scratch/m/m300000/icon_exercise_comin"]) == 2
    assert "a place to watch is named by --data-dir" in capsys.readouterr().err


def test_a_start_beside_a_running_monitor_says_what_is_not_done(capsys, tmp_path):
    """Whoever asks for another place or port is not left to think that it is watched."""
    write_instance(MINE, os.environ)
    for words, wish in (
        (["5009", "--data-dir", str(tmp_path)], f"{tmp_path} and port 5009"),
        (["--job-log", "/x/LOG.exp.a.run.1.o"], "/x/LOG.exp.a.run.1.o"),
        (["--demo"], "the demo"),
    ):
        assert main(["start", *words]) == 0
        assert f"It is not changed: stop it first for {wish}, or" in capsys.readouterr().out
    assert main(["start", "--data-dir", MINE.data_dir, "--job-log", *MINE.job_logs]) == 0
    assert "not changed" not in capsys.readouterr().out


def test_a_pattern_that_matches_is_there(capsys, tmp_path):
    """Its own name is no file; that is no reason to say that its logs are yet to come."""
    pattern = str(tmp_path / "LOG.exp.a.run.*.o")
    print_where(replace(MINE, data_dir="", job_logs=(pattern,)))
    assert f"{pattern} (not there yet)" in capsys.readouterr().out
    (tmp_path / "LOG.exp.a.run.1.o").touch()
    print_where(replace(MINE, data_dir="", job_logs=(pattern,)))
    assert "not there yet" not in capsys.readouterr().out


def test_a_taken_port_fails_before_anything_is_started(capsys):
    """The chosen port's owner is told on the terminal, with exit code 4."""
    import socket

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        assert main(["start", str(port), "--demo"]) == 4
    captured = capsys.readouterr()
    assert f"port {port} at 127.0.0.1 is taken by a process of user" in captured.err
    assert "Starting" not in captured.out


def test_serve_words_make_the_same_settings_again(tmp_path):
    """What `start` hands to `serve` is what it understood itself, paths made absolute."""
    log = str(tmp_path / "LOG.exp.a.run.1.o")
    for words, place in (
        (["--port", "5001", "--host", "0.0.0.0", "--data-dir", "/d", "--debug"], None),
        (["--job-log", "/LOG.b", "--data-dir", "/d", "--allow-host", "x.org"], None),
        (["--public-host", "login.x.org", "--log-file", "/tmp/log", "--job", "auto"], log),
    ):
        options = parser_of(Serve()).parse_intermixed_args(words)
        first = settings_of(options, os.environ, place=place)
        again = serve_words(first, None)
        assert again[1:4] == ["-m", "loss_monitor", "serve"]
        parsed = parser_of(Serve()).parse_intermixed_args(again[4:])
        assert source_settings(parsed, os.environ, parsed.places) == [first]


def test_a_job_log_may_stand_where_a_directory_does(tmp_path):
    """A file, a pattern or a job log's name is one; a directory never is."""
    (tmp_path / "odd-name").touch()
    (tmp_path / "LOG.exp.dir.run.1.o").mkdir()
    assert is_job_log(str(tmp_path / "odd-name"))
    assert is_job_log("/not/there/LOG.exp.nudging.run.1234.o")
    assert is_job_log("/not/there/slurm.55.out")
    assert is_job_log("/not/there/LOG.exp.*.o")
    assert not is_job_log(str(tmp_path / "LOG.exp.dir.run.1.o"))
    assert not is_job_log("/not/there/icon_exercise_comin")


@pytest.mark.parametrize(
    ("host", "line"),
    [
        ("127.0.0.1", "ssh -L 5001:localhost:5001 me@node"),
        ("0.0.0.0", "ssh -L 5001:localhost:5001 me@node"),
        ("10.0.0.5", "ssh -L 5001:10.0.0.5:5001 me@node"),
        ("::1", "ssh -L 5001:localhost:5001 me@node"),
        ("fd00::1", "ssh -L 5001:[fd00::1]:5001 me@node"),
    ],
)
def test_the_tunnel_leads_to_where_the_server_listens(host, line):
    """The printed line can be pasted as it is."""
    here = replace(MINE, host=host, port=5001, node="node")
    assert tunnel(here) == line
    public = replace(here, public_host="login.example.org")
    assert tunnel(public).endswith("me@login.example.org")


def test_the_token_is_shown_only_where_it_is_needed(own_state, monkeypatch):
    """On loopback the owner needs none; elsewhere the printed URL holds it."""
    secret = load_token(own_state).current()
    assert page_url(MINE) == "http://localhost:5000/"
    wider = replace(MINE, host="0.0.0.0", url="http://node:5000/")
    assert page_url(wider) == f"http://node:5000/?token={secret}"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert page_url(MINE) == f"http://localhost:5000/?token={secret}"


def test_the_last_lines_of_a_log_are_bounded(tmp_path):
    """A log of any size and content gives a few lines, or none."""
    log = tmp_path / "log"
    assert last_lines(log, 3) == []
    log.write_bytes(b"x" * 10_000_000 + b"\n" + b"\xff1\n2\n3\n")
    assert last_lines(log, 3) == ["\\xff1", "2", "3"]


def test_a_duration_has_its_two_largest_units():
    """Days beside hours, never days beside seconds."""
    assert [duration(s) for s in (-1, 59, 60, 3725, 90_000)] == [
        "0 s",
        "59 s",
        "1 min 0 s",
        "1 h 2 min",
        "1 d 1 h",
    ]


@pytest.mark.parametrize(
    "words",
    [
        ["--speed", "0"],
        ["--speed", "nan"],
        ["--speed", "fast"],
        ["--timesteps", "0"],
        ["--timesteps", "x"],
        ["--inject", "all"],
    ],
)
def test_the_demo_refuses_what_it_cannot_do(words, capsys):
    """Wrong options end with usage and exit code 2."""
    with pytest.raises(SystemExit) as ended:
        main(["demo", "/tmp/none", *words])
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert words[0] in error
    assert "_" not in error.splitlines()[-1], "no name of a function of ours"


def test_the_demo_has_sensible_defaults():
    """Without options: files, endless, at the usual speed, with the usual accidents."""
    options = parser_of(Demo()).parse_args(["/data"])
    assert (options.directory, options.speed, options.timesteps) == (Path("/data"), 1.0, None)
    assert (options.seed, options.inject, options.format) == (0, None, "files")


def test_settings_without_notes_say_nothing_at_start():
    """A default record tells nothing."""
    assert Settings(data_dir=Path("/d")).notes == ()


def test_the_module_is_a_door_of_its_own():
    """`python -m loss_monitor` is the same as `loss-monitor`."""
    answer = run("--version")
    assert answer.returncode == 0
    assert answer.stdout.startswith("loss-monitor ")
    assert run("serve", "--port", "-5", "--host", "127.0.0.1").returncode == 2


def test_numpy_is_not_given_a_thread_for_each_core(tmp_path):
    """On a login node that would be a hundred threads for nothing."""
    script = (
        "import os, sys; from loss_monitor.cli.__main__ import main; "
        f"main(['check', {str(tmp_path)!r}]); import numpy; "
        "sys.exit(len(os.listdir('/proc/self/task')) - 1)"
    )
    counts = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    environ = {name: value for name, value in os.environ.items() if name not in counts}
    assert subprocess.run([sys.executable, "-c", script], env=environ, check=False).returncode == 0
