"""The configuration file: read as literals, never executed, whatever it holds."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.errors import SettingError
from loss_monitor.settings.config_file import read_config_file


def read(tmp_path, text):
    path = tmp_path / "config.py"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_config_file(path)


def test_assignments_keep_value_text_and_line(tmp_path):
    """Each name has its literal, its text as written and its line."""
    file = read(tmp_path, '"""Doc."""\n\nA = 1\nB: str = "x"\nlow = 3\nC = D = [1, 2]\n')
    found = [(one.name, one.value, one.text, one.line) for one in file.assignments]
    assert found == [
        ("A", 1, "1", 3),
        ("B", "x", '"x"', 4),
        ("low", 3, "3", 5),
        ("C", [1, 2], "[1, 2]", 6),
        ("D", [1, 2], "[1, 2]", 6),
    ]


def test_nothing_is_executed(tmp_path):
    """A call, an import or a loop of the file leaves no trace but a note."""
    trace = tmp_path / "trace"
    file = read(
        tmp_path,
        "import os\n"
        f"open({str(trace)!r}, 'w')\n"
        f"A = open({str(trace)!r}, 'w')\n"
        "for x in range(3): pass\n"
        "B = 1\n",
    )
    assert not trace.exists()
    assert [(one.name, one.is_literal) for one in file.assignments] == [("A", False), ("B", True)]
    assert [note.split(", line ")[1].split()[0] for note in file.notes] == ["1", "2", "4"]


@pytest.mark.parametrize(
    "text",
    ["A = \n", "A = 1\x00", b"A = '\xff'", "(" * 5000, "A = " + "-" * 9000 + "1"],
    ids=["unfinished", "nul", "not-utf-8", "deep", "deeper"],
)
def test_what_is_no_python_is_told(tmp_path, text):
    """A broken file is refused with its path, and never by a traceback."""
    with pytest.raises(SettingError, match=r"config\.py"):
        read(tmp_path, text)


def test_a_missing_or_odd_file_is_told(tmp_path):
    """A file that was named and is none is an error, and a FIFO does not block."""
    with pytest.raises(SettingError, match="does not exist"):
        read_config_file(tmp_path / "none.py")
    with pytest.raises(SettingError, match="not a file"):
        read_config_file(tmp_path)
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(SettingError, match="not a file"):
        read_config_file(tmp_path / "fifo")
    with pytest.raises(SettingError, match="megabyte"):
        read(tmp_path, b"#" * 1_000_001)


LITERALS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(LITERALS.filter(lambda value: "inf" not in repr(value)))
def test_every_literal_comes_back(tmp_path_factory, value):
    """What Python writes as a literal is read as the same value."""
    file = read(tmp_path_factory.mktemp("literal"), f"A = {value!r}\n")
    assert file.assignments[0].value == value
