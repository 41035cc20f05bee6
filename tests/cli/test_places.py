"""Several places for one command: settings of each, told apart by their paths."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from loss_monitor.cli.__main__ import parser_of
from loss_monitor.cli.places import source_settings, told_apart
from loss_monitor.cli.serve import Serve
from loss_monitor.errors import SettingError


def sources_of(*words):
    options = parser_of(Serve()).parse_intermixed_args(words)
    return source_settings(options, {}, options.places)


def test_each_place_is_a_source_of_its_own():
    """In the order given; all else is the same for all."""
    first, second, third = sources_of(
        "/a/run", "--port", "5001", "/b/run", "/logs/LOG.exp.x.run.1.o"
    )
    assert [one.source_number for one in (first, second, third)] == [1, 2, 3]
    assert [one.port for one in (first, second, third)] == [5001] * 3
    assert (first.data_dir, second.data_dir) == (Path("/a/run"), Path("/b/run"))
    assert (first.source_label, second.source_label) == ("a/run", "b/run")
    assert third.job_logs == ("/logs/LOG.exp.x.run.1.o",)
    assert (third.watches_data_dir, third.source_label) == (False, "")


def test_one_place_is_told_by_its_last_name():
    """As ever."""
    (only,) = sources_of("/a/run")
    assert (only.source_number, only.source_label) == (1, "")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["/a", "/b", "--job-log", "/c"], "--job-log belongs to one directory"),
        (["/a", "/b", "--data-dir", "/c"], "DIR and --data-dir name the same thing"),
        (["/a", "/b/../a"], "/a is named twice"),
        (["/a", "/b", "--label", "x"], "belong to one run.*put a run.toml beside"),
        (["/a", "/b", "--param", "lr=1"], "belong to one run.*put a run.toml beside"),
    ],
)
def test_what_cannot_be_meant_is_refused(words, told):
    """With what to do."""
    with pytest.raises(SettingError, match=told):
        sources_of(*words)


def test_labels_are_as_long_as_they_must_be():
    """The last names that no other path ends in."""
    assert told_apart(["/a/x/run", "/b/x/run", "/c/other", "/run"]) == [
        "a/x/run",
        "b/x/run",
        "",
        "",
    ]


@pytest.fixture
def logs(tmp_path):
    """Makes empty files by their names."""

    def make(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path

    return make


def test_a_pattern_is_a_source_for_each_experiment_that_it_matches(logs):
    """As a pattern of its own, so that later jobs of each join it."""
    folder = logs(
        "LOG.exp.lr1.run.7.o", "LOG.exp.lr1.run.8.o", "LOG.exp.lr2.run.9.o", "LOG.exp.x.run.1.o"
    )
    sources = sources_of(f"{folder}/LOG.exp.lr*")
    assert [one.job_logs for one in sources] == [
        (f"{folder}/LOG.exp.lr1.run.*.o",),
        (f"{folder}/LOG.exp.lr2.run.*.o",),
    ]
    assert [one.source_number for one in sources] == [1, 2]
    assert not any(one.watches_data_dir for one in sources)


def test_a_pattern_of_one_experiment_stays_as_it_is(logs):
    """Also before there is a log; what comes later is found by it."""
    folder = logs("LOG.exp.a.run.7.o", "LOG.exp.a.run.8.o")
    for pattern in (f"{folder}/LOG.exp.a.*", f"{folder}/nothing*"):
        (only,) = sources_of(pattern)
        assert only.job_logs == (pattern,)


def test_a_pattern_of_some_jobs_names_their_logs(logs):
    """A wider pattern would bring in the jobs that the user left out."""
    folder = logs("LOG.exp.a.run.17.o", "LOG.exp.a.run.21.o", "LOG.exp.b.run.18.o")
    first, second = sources_of(f"{folder}/LOG.exp.*.run.1*.o")
    assert first.job_logs == (f"{folder}/LOG.exp.a.run.17.o",)
    assert second.job_logs == (f"{folder}/LOG.exp.b.run.*.o",)


def test_a_pattern_of_directories_is_a_source_for_each(logs):
    """Told apart by what their paths differ in."""
    folder = logs("a/data/x", "b/data/x", "c/other")
    first, second = sources_of(f"{folder}/*/data")
    assert (first.data_dir, second.data_dir) == (folder / "a/data", folder / "b/data")
    assert (first.source_label, second.source_label) == ("a/data", "b/data")
    (only,) = sources_of(f"{folder}/a/da*")
    assert (only.data_dir, only.watches_data_dir, only.job_logs) == (folder / "a/data", True, ())


def test_what_the_shell_expanded_is_the_same_as_the_pattern(logs):
    """A log that follows an earlier one by itself is no source of its own."""
    folder = logs("LOG.exp.a.run.9.o", "LOG.exp.a.run.10.o", "LOG.exp.b.run.2.o")
    names = sorted(map(str, folder.iterdir()))
    first, second = sources_of(*names)
    assert first.job_logs == (f"{folder}/LOG.exp.a.run.9.o",)
    assert second.job_logs == (f"{folder}/LOG.exp.b.run.2.o",)


def test_more_sources_than_can_be_compared_are_refused(logs):
    """With their number."""
    folder = logs(*(f"run{n}/log" for n in range(51)))
    with pytest.raises(SettingError, match="51 places; 50 can be watched"):
        sources_of(f"{folder}/run*")


def test_what_describes_a_run_is_no_place(tmp_path):
    """A pattern, expanded by us or by the shell, matches it as well."""
    for name in ("LOG.exp.a.run.1.o", "LOG.exp.b.run.2.o", "LOG.exp.a.toml", "run.toml"):
        (tmp_path / name).write_text("")
    names = sorted(str(path) for path in tmp_path.glob("LOG.exp.*"))
    assert len(names) == 3
    for words in ([str(tmp_path / "LOG.exp.*")], names):
        assert len(sources_of(*words)) == 2


@pytest.mark.parametrize("words", [("check", "/data"), ("serve", "data", "--port", "0")])
def test_a_terminal_whose_directory_was_deleted_is_told(words, tmp_path):
    """By a training that began anew, while its user looked at the files."""
    gone = tmp_path / "gone"
    gone.mkdir()
    program = f"cd '{gone}' && rmdir '{gone}' && exec \"$0\" -m loss_monitor {' '.join(words)}"
    done = subprocess.run(
        ["sh", "-c", program, sys.executable],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
    )
    assert done.returncode == 1
    assert (
        done.stderr.strip()
        .splitlines()[-1]
        .startswith(f"loss-monitor {words[0]}: the working directory was deleted")
    )
    assert "Traceback" not in done.stderr
