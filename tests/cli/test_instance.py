"""The record of a started monitor: kept per node, robust against what others left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from loss_monitor.cli.instance import (
    LOCK_NAME,
    RECORD_NAME,
    Instance,
    forget_instance,
    instances_elsewhere,
    make_host_dir,
    read_instance,
    start_lock,
    write_instance,
)
from loss_monitor.cli.process import process_mark
from loss_monitor.errors import MonitorError
from loss_monitor.settings.places import host_dir, host_name

MINE = Instance(
    pid=os.getpid(),
    mark=process_mark(os.getpid()) or "",
    node=host_name(),
    user="me",
    url="http://localhost:5000/",
    host="127.0.0.1",
    port=5000,
    data_dir="/data",
    job_logs=("/LOG.o",),
    started_at=1.5,
)


def test_what_is_written_is_read_again():
    """The record survives the file, job logs included."""
    write_instance(MINE, os.environ)
    assert read_instance(os.environ) == MINE
    assert MINE.runs


def test_the_state_is_closed_to_others():
    """Folder and record belong to their owner alone."""
    write_instance(MINE, os.environ)
    folder = host_dir(os.environ)
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / RECORD_NAME).stat().st_mode & 0o077 == 0
    assert [path.name for path in folder.iterdir()] == [RECORD_NAME]


def test_forgetting_leaves_no_record():
    """After a stop nothing is recorded; forgetting twice does no harm."""
    write_instance(MINE, os.environ)
    forget_instance(os.environ)
    forget_instance(os.environ)
    assert read_instance(os.environ) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"pid": "x"}', '{"pid": 1}', '{"pid": 1, "job_logs": 3}']
)
def test_a_damaged_record_is_none(text):
    """A half-written or foreign file is as good as no record."""
    (make_host_dir(os.environ) / RECORD_NAME).write_text(text)
    assert read_instance(os.environ) is None


def test_fields_of_another_version_are_passed_over():
    """A newer version's record can be read by an older one."""
    write_instance(MINE, os.environ)
    path = host_dir(os.environ) / RECORD_NAME
    path.write_text(json.dumps({**json.loads(path.read_text()), "later": 1}))
    assert read_instance(os.environ) == MINE


def test_records_of_other_nodes_are_found_and_kept_apart(own_state):
    """Login nodes share a home: what runs on another node is told, never touched."""
    other = replace(MINE, node="login2", pid=1)
    folder = own_state / "hosts" / "login2"
    folder.mkdir(parents=True)
    (folder / RECORD_NAME).write_text(json.dumps(other.__dict__))
    assert read_instance(os.environ) is None
    assert instances_elsewhere(os.environ) == [other]
    write_instance(MINE, os.environ)
    assert instances_elsewhere(os.environ) == [other]


def test_only_one_start_at_a_time():
    """A second start is refused with the number of the first, and allowed after it."""
    with start_lock(os.environ):
        with pytest.raises(MonitorError, match=str(os.getpid())), start_lock(os.environ):
            pass
        assert (host_dir(os.environ) / LOCK_NAME).exists()
    with start_lock(os.environ):
        pass
    assert not (host_dir(os.environ) / LOCK_NAME).exists()


@pytest.mark.parametrize("text", ["999999999 boot:1", "1 boot:1", "", "rubbish"])
def test_a_lock_left_behind_holds_nobody_up(text):
    """What a killed start left is known by its mark, or by its age."""
    path = make_host_dir(os.environ) / LOCK_NAME
    path.write_text(text)
    os.utime(path, (1, 1))
    with start_lock(os.environ):
        assert path.read_text().startswith(str(os.getpid()))


@pytest.mark.parametrize(
    "action", ["start_lock(os.environ).__enter__()", "write_instance(mine, os.environ)"]
)
def test_a_full_disk_is_told_and_nothing_stays_behind(own_state, action):
    """Home directories have quotas: one sentence with the place, and no lock that is empty."""
    code = f"""
import os, resource
from loss_monitor.cli.instance import Instance, start_lock, write_instance
from loss_monitor.errors import MonitorError
mine = Instance(pid=1, mark="", node="n", user="me")
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
try:
    {action}
except MonitorError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "cannot be written: File too large; XDG_STATE_HOME names" in done.stdout
    assert list(host_dir(os.environ).iterdir()) == []


def test_a_lock_about_to_be_filled_is_held():
    """Between making and filling its lock a start must not lose it to another one."""
    (make_host_dir(os.environ) / LOCK_NAME).touch()
    with pytest.raises(MonitorError, match="under way"), start_lock(os.environ):
        pass


def test_a_state_directory_that_cannot_be_made_is_told(tmp_path, monkeypatch):
    """The message says where, why and what to set."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(MonitorError, match="XDG_STATE_HOME"):
        make_host_dir(os.environ)
