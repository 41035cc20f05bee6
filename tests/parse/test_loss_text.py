"""Loss files of every generation of the plugin, whole and in pieces."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loss_monitor.parse.loss_text import HEADER_PAIRS_MAX, LossTextParser, Parsed
from loss_monitor.parse.refused import SAMPLES_MAX
from loss_monitor.tail.lines import LineBuffer

pytestmark = pytest.mark.usefixtures("core")

SAMPLES = Path(__file__).parents[1] / "samples" / "loss_files"


def feed_all(pieces: list[bytes]) -> tuple[LossTextParser, Parsed]:
    """Return the parser and the joined results after `pieces`."""
    parser = LossTextParser()
    results = [parser.feed(piece) for piece in pieces]
    values = np.concatenate([result.values for result in results] or [np.empty(0)])
    refusals = tuple(itertools.chain.from_iterable(result.refusals for result in results))
    return parser, Parsed(values, refusals, sum(result.refused for result in results))


def read_sample(name: str) -> tuple[LossTextParser, Parsed]:
    """Return the parser and the result of one sample file."""
    return feed_all([(SAMPLES / name).read_bytes()])


def test_a_batch_log_holds_one_loss_a_line() -> None:
    """Format A: order, exponents and NaN are kept."""
    parser, parsed = read_sample("batch_log.txt")
    np.testing.assert_array_equal(parsed.values, [0.08741236478090286, 3.4e-05, np.nan, 1e-07])
    assert (parser.format, parser.unit, parsed.refused) == ("batch", "batch", 0)


def test_a_single_average_is_one_loss() -> None:
    """Format C looks like a batch log of one batch, and is read as one."""
    parser, parsed = read_sample("one_average.txt")
    np.testing.assert_array_equal(parsed.values, [0.0412])
    assert parser.unit == "batch"


@pytest.mark.parametrize("name", ["empty.txt", "blank_lines.txt"])
def test_an_empty_file_is_no_error(name: str) -> None:
    """A file may be seen before its first byte; blank lines mean nothing."""
    parser, parsed = read_sample(name)
    assert parsed.values.shape == (0,)
    assert (parsed.refused, parser.format) == (0, "")


def test_a_detailed_log_counts_in_epochs() -> None:
    """Format D with `Epoch N:` lines behind a comment."""
    parser, parsed = read_sample("detailed_epochs.txt")
    np.testing.assert_array_equal(parsed.values, [5.12e-02, 4.87e-02])
    assert (parser.format, parser.unit, parsed.refused) == ("detailed", "epoch", 0)


def test_a_detailed_log_of_bare_numbers_counts_in_what_its_comment_says() -> None:
    """Format D with bare `%.6e` lines: only the comment names the unit."""
    parser, parsed = read_sample("detailed_bare.txt")
    np.testing.assert_array_equal(parsed.values, [5.12e-02, 4.87e-02, np.inf])
    assert (parser.format, parser.unit) == ("detailed", "batch")
    parser, _ = feed_all([b"# loss of each epoch\n5.120000e-02\n"])
    assert parser.unit == "epoch"


def test_a_session_log_has_a_header_and_epochs() -> None:
    """Format S: unknown names are kept beside the known ones, numbers as numbers."""
    parser, parsed = read_sample("session.txt")
    np.testing.assert_array_equal(parsed.values, [0.99812, 0.991007])
    assert parser.header == {
        "training_session": 7,
        "simulation_time": "1979-01-01T13-15-00",
        "learning_rate": 0.001,
    }
    assert (parser.format, parser.unit, parsed.refused) == ("session", "epoch", 0)


def test_epoch_lines_need_no_header() -> None:
    """The early generation wrote the session's lines alone into `log_T.txt`."""
    parser, parsed = read_sample("early_epochs.txt")
    np.testing.assert_array_equal(parsed.values, [0.99812, np.nan])
    assert (parser.format, parser.unit, parser.header) == ("epoch", "epoch", {})


def test_windows_line_ends_are_taken() -> None:
    """A file that went through a Windows editor reads the same."""
    _, parsed = read_sample("carriage_returns.txt")
    np.testing.assert_array_equal(parsed.values, [0.5, 0.25])
    assert parsed.refused == 0


def test_every_spelling_of_non_finite_is_a_value() -> None:
    """Infinity in any case and with any sign is data."""
    _, parsed = read_sample("non_finite.txt")
    np.testing.assert_array_equal(
        parsed.values, [np.nan, np.nan, np.inf, -np.inf, np.inf, np.inf, -np.inf]
    )


def test_lines_that_are_no_number_are_refused_and_the_others_close_up() -> None:
    """Underscores, hex, JSON words, commas: each is refused with its line and text."""
    _, parsed = read_sample("not_numbers.txt")
    np.testing.assert_array_equal(parsed.values, [0.5, 0.25])
    assert parsed.refused == 7
    assert [refusal.line for refusal in parsed.refusals] == [2, 3, 4, 5, 6, 7, 8]
    assert parsed.refusals[0].sample == "1_0"


def test_a_block_of_zero_bytes_is_refused_as_one() -> None:
    """A hole that a network file system left says so, and the next line counts."""
    _, parsed = read_sample("zero_block.txt")
    np.testing.assert_array_equal(parsed.values, [0.5, 0.25])
    assert [refusal.reason for refusal in parsed.refusals] == [
        "a block of zero bytes; expected one loss a line"
    ]


def test_a_program_s_error_message_is_refused() -> None:
    """Prose with a colon in it is not a session's header."""
    parser, parsed = feed_all([b"RuntimeError: CUDA out of memory\nerror: no space left\n"])
    assert parsed.refused == 2
    assert parser.header == {}


def test_epochs_and_bare_numbers_do_not_mix() -> None:
    """The first loss says what the file is made of."""
    _, parsed = feed_all([b"0.5\nepoch_2: 0.4\n"])
    np.testing.assert_array_equal(parsed.values, [0.5])
    assert parsed.refused == 1
    _, parsed = feed_all([b"epoch_1: 0.5\n0.4\n"])
    np.testing.assert_array_equal(parsed.values, [0.5])
    assert parsed.refused == 1


def test_an_epoch_without_number_is_refused() -> None:
    """The line is known for what it is, and says what is missing."""
    _, parsed = feed_all([b"epoch_1: \nepoch_2: 1,5\nepoch_3: 0.4\n"])
    np.testing.assert_array_equal(parsed.values, [0.4])
    assert parsed.refused == 2


def test_lines_are_numbered_across_pieces() -> None:
    """A refusal names the line of the file, not of the piece."""
    parser, parsed = feed_all([b"0.5\n0.4\n", b"\n", b"rubbish\n0.3\n"])
    assert [refusal.line for refusal in parsed.refusals] == [4]
    assert parser.line == 6


def test_a_header_of_endless_pairs_is_refused_in_the_end() -> None:
    """Memory stays bounded for a file of nothing but pairs."""
    parser, parsed = feed_all([b"".join(b"key_%d: 1\n" % i for i in range(500))])
    assert len(parser.header) == HEADER_PAIRS_MAX
    assert parsed.refused == 500 - HEADER_PAIRS_MAX


_LINES = st.lists(
    st.one_of(
        st.floats(width=32).map(lambda loss: str(loss).encode()),
        st.sampled_from(
            [
                b"",
                b"nan",
                b"inf",
                b"-0",
                b"1_0",
                b"0.5\r",
                b"# epoch losses",
                b"epoch_1: 0.5",
                b"Epoch 2: 5.1e-02",
                b"training_session: 7",
                b"x: y z",
                b"\0\0\0",
                b"1 2",
            ]
        ),
        st.binary(max_size=12).map(lambda raw: raw.replace(b"\n", b"")),
    ),
    max_size=30,
)


@given(_LINES, st.data())
def test_any_split_at_line_ends_gives_the_same(lines: list[bytes], data: st.DataObject) -> None:
    """Values, refusals, header, unit and format do not depend on how the lines arrive."""
    cuts = sorted(data.draw(st.sets(st.integers(0, len(lines)))))
    rows = [line + b"\n" for line in lines]
    bounds = [0, *cuts, len(rows)]
    pieces = [b"".join(rows[start:stop]) for start, stop in itertools.pairwise(bounds)]
    whole_parser, whole = feed_all([b"".join(rows)])
    split_parser, split = feed_all(pieces)
    np.testing.assert_array_equal(split.values, whole.values)
    assert (split.refusals[:SAMPLES_MAX], split.refused) == (whole.refusals, whole.refused)
    for name in ("line", "unit", "format", "header"):
        assert getattr(split_parser, name) == getattr(whole_parser, name), name


@given(_LINES, st.data())
def test_any_split_at_any_byte_gives_the_same(lines: list[bytes], data: st.DataObject) -> None:
    """Through the line buffer: no cut inside a number shows half of it."""
    whole_bytes = b"".join(line + b"\n" for line in lines)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(whole_bytes)), max_size=20)))
    buffer = LineBuffer()
    pieces = [
        buffer.feed(whole_bytes[start:stop])
        for start, stop in itertools.pairwise([0, *cuts, len(whole_bytes)])
    ]
    _, whole = feed_all([whole_bytes])
    _, split = feed_all(pieces)
    np.testing.assert_array_equal(split.values, whole.values)
    assert (split.refusals[:SAMPLES_MAX], split.refused) == (whole.refusals, whole.refused)


@given(st.binary(max_size=400))
def test_no_bytes_raise(data: bytes) -> None:
    """Binary rubbish under a log name is refused line by line."""
    parser, parsed = feed_all([data])
    lines = data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
    assert parser.line == 1 + lines
    assert parsed.refused + parsed.values.size <= lines


@given(st.lists(st.floats(width=32), max_size=100))
def test_what_the_plugin_prints_is_read_to_the_bit(losses: list[float]) -> None:
    """`str(float)` of a float32, line by line, is the identity."""
    _, parsed = feed_all(["".join(f"{loss}\n" for loss in losses).encode()])
    np.testing.assert_array_equal(parsed.values, np.array(losses, dtype=np.float64))
    assert parsed.refused == 0


def test_a_line_of_a_million_digits_is_a_number_in_no_time() -> None:
    """Length alone is no attack: the cost stays linear."""
    _, parsed = feed_all([b"0." + b"1" * 1_000_000 + b"\n" + b"1" * 1_000_000 + b"x\n"])
    np.testing.assert_allclose(parsed.values, [1 / 9])
    assert parsed.refused == 1
