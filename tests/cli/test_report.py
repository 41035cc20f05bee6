"""The command `report`: a directory in, a file out, the same for the same directory."""

from __future__ import annotations

import os
import re
import shutil

import pytest

from loss_monitor.cli.__main__ import main


@pytest.fixture
def data(tmp_path):
    """A directory of two timesteps, one with a line that is no number."""
    folder = tmp_path / "data"
    folder.mkdir()
    for minute, text in ((0, "1.0\n2.0\n"), (15, "x\n0.5\n")):
        path = folder / f"log_1979-01-01 00:{minute:02}:00.txt"
        path.write_text(text)
        os.utime(path, (1e9, 1e9))
    return folder


@pytest.fixture(autouse=True)
def _no_configuration(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("LOSS_MONITOR_")]:
        monkeypatch.delenv(name)
    empty = tmp_path / "empty.py"
    empty.write_text("")
    monkeypatch.setenv("LOSS_MONITOR_CONFIG", str(empty))


def test_a_run_is_read_and_written(data, tmp_path, capsys):
    """Twice the same but for the time stamp; nothing else is left behind."""
    pages = []
    for name in ("one.html", "two.html"):
        assert main(["report", str(data), "-o", str(tmp_path / name)]) == 0
        pages.append((tmp_path / name).read_text(encoding="utf-8"))
    assert "bytes" in capsys.readouterr().out
    one, two = (re.sub("<time>[^<]*</time>", "", page) for page in pages)
    assert one == two
    assert "2 timesteps with 3 batches" in one
    assert "log_1979-01-01 00:15:00.txt, line 1" in one
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"data", "empty.py", "one.html", "two.html"}


def test_it_can_go_to_the_screen(data, capsys):
    """For a pipe."""
    assert main(["report", str(data), "-o", "-"]) == 0
    assert capsys.readouterr().out.startswith("<!DOCTYPE html>")


def test_several_runs_are_compared(data, tmp_path, capsys):
    """Directories, a pattern of job logs, and the file of a kept run; twice the same."""
    for number in (1, 2):
        log = tmp_path / f"LOG.exp.lr{number}.run.7.o"
        log.write_text(f" 0:  INFO(m): [rank=0] step=1 loss=0.{number}\n")
        os.utime(log, (1e9, 1e9))
    assert main(["keep", str(data), "--keep-dir", str(tmp_path / "kept")]) == 0
    (kept,) = (tmp_path / "kept").rglob("*.npz")
    capsys.readouterr()
    words = ["report", str(data), str(tmp_path / "LOG.exp.lr*"), str(kept), "-o"]
    pages = []
    for name in ("one.html", "two.html"):
        assert main([*words, str(tmp_path / name)]) == 0
        pages.append((tmp_path / name).read_text(encoding="utf-8"))
    one, two = (re.sub("<time>[^<]*</time>", "", page) for page in pages)
    assert one == two
    assert "<h1>4 runs</h1>" in one
    names = re.findall(r'scope="row"><span class="key"><i class="run\d"></i>(.*?)</span>', one)
    assert names[:4] == [f"data ({data}), number 1", "lr1", "lr2", f"data ({data}), number 4"]
    assert kept.name in one


def test_a_kept_run_is_reported_by_itself(data, tmp_path):
    """Its directory may be gone."""
    assert main(["keep", str(data), "--keep-dir", str(tmp_path / "kept")]) == 0
    (kept,) = (tmp_path / "kept").rglob("*.npz")
    shutil.rmtree(data)
    assert main(["report", str(kept), "-o", str(tmp_path / "r.html")]) == 0
    told = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "2 timesteps with 3 batches" in told
    assert kept.name in told


def test_a_kept_run_is_reported_by_its_id(data, tmp_path):
    """Alone and among others, as `export` takes it."""
    place = ["--keep-dir", str(tmp_path / "kept")]
    assert main(["keep", str(data), *place]) == 0
    (kept,) = (tmp_path / "kept").rglob("*.npz")
    by_id, by_file = tmp_path / "id.html", tmp_path / "file.html"
    assert main(["report", kept.stem, *place, "-o", str(by_id)]) == 0
    assert main(["report", str(kept), "-o", str(by_file)]) == 0
    without_time = [re.sub("<time>[^<]*</time>", "", one.read_text()) for one in (by_id, by_file)]
    assert without_time[0] == without_time[1]
    assert main(["report", str(data), kept.stem, *place, "-o", str(by_id)]) == 0
    assert "<h1>2 runs</h1>" in by_id.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["20260703T120000Z-1", "-o", "{}/r.html"], 1, "no run 20260703T120000Z-1 is kept below"),
        (["{}/nothing", "-o", "{}/r.html"], 1, "nothing does not exist"),
        (["{}", "-o", "{}/r.html"], 1, "holds no losses and no tags"),
        (["{}/data", "-o", "{}/no/r.html"], 2, "cannot be written: No such file or directory"),
        (["{}/data", "{}", "-o", "{}/r.html"], 1, "holds no losses"),
        (["{}/data", "--data-dir", "/x", "-o", "-"], 2, "name the same thing"),
    ],
)
def test_what_cannot_be_reported_is_told(data, tmp_path, capsys, words, code, told):
    """Without a traceback, and without a file."""
    assert main(["report", *(word.format(tmp_path) for word in words)]) == code
    assert told in capsys.readouterr().err
    assert not list(tmp_path.glob("*.html"))
