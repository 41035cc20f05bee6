"""Several places for one command: settings of each, told apart by their paths."""

from __future__ import annotations

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
