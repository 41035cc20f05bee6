"""A large event file as torch's writer leaves it beside a training plugin, to measure with.

Enters: a path, numbers of timesteps and of batches, a seed. Leaves: one event file, and what
is in it. A batch leaves two scalars, a timestep five more and 20 histograms (of parameters
and gradients, some 540 buckets each as the writer keeps the empty inner ones).

    python benchmarks/data_event_file.py events.out.tfevents.1.bench --timesteps 1000
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from loss_monitor.wire.crc32c import BYTE_TABLE
from loss_monitor.wire.event import encode_file_version, encode_histogram, encode_scalar
from loss_monitor.wire.frames import CHECKSUM, HEADER, frame
from loss_monitor.writer.histogram import histogram_of

BATCH_TAGS = (b"Loss/batch", b"Timestep/current")
TIMESTEP_TAGS = (
    *(f"Loss/{name}_per_timestep".encode() for name in ("mean", "std", "min", "max")),
    b"Learning_rate",
)
HISTOGRAM_TAGS = tuple(
    f"{kind}/layers.{layer}.{part}".encode()
    for kind in ("Parameters", "Gradients")
    for layer in range(5)
    for part in ("weight", "bias")
)
WALL_TIME = 1.7e9
STEP_S = 0.02
BLOCK_TIMESTEPS = 250
"""Timesteps that are made at once."""
BYTES_A_TIMESTEP = 283_000
"""Of 1,000 batches and 20 histograms, about."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_TABLE = np.array(BYTE_TABLE, np.uint32)


@dataclass(frozen=True)
class Written:
    """What an event file holds."""

    size: int
    """Bytes."""
    scalars: int
    histograms: int
    last_step: int


def write_event_file(
    path: Path,
    timesteps: int = 1000,
    batches: int = 1000,
    histograms: int = len(HISTOGRAM_TAGS),
    seed: int = 1,
) -> Written:
    """Write an event file with `histograms` a timestep; the same arguments give the same bytes."""
    chance = random.Random(seed)
    losses = np.random.default_rng(seed).lognormal(-3, 0.5, (timesteps, batches))
    with path.open("wb") as file:
        file.write(frame(encode_file_version(WALL_TIME)))
        for begin in range(0, timesteps, BLOCK_TIMESTEPS):
            numbers = np.arange(begin, min(begin + BLOCK_TIMESTEPS, timesteps))
            blocks = [_histograms(tag, numbers, chance) for tag in HISTOGRAM_TAGS[:histograms]]
            for row, number in enumerate(numbers.tolist()):
                steps = np.arange(number * batches, (number + 1) * batches)
                file.write(_batches(number, steps, losses[number]))
                file.write(_summary(number, losses[number]))
                file.write(b"".join(block[row] for block in blocks))
    scalars = timesteps * (len(BATCH_TAGS) * batches + len(TIMESTEP_TAGS))
    return Written(path.stat().st_size, scalars, timesteps * histograms, timesteps * batches - 1)


def _summary(number: int, losses: Floats) -> bytes:
    """Return the records of the scalars at the end of a timestep."""
    figures = (losses.mean(), losses.std(), losses.min(), losses.max(), 1e-3)
    wall_time = WALL_TIME + (number + 1) * len(losses) * STEP_S
    return b"".join(
        frame(encode_scalar(tag, float(figure), number, wall_time))
        for tag, figure in zip(TIMESTEP_TAGS, figures, strict=True)
    )


def _histograms(tag: bytes, numbers: Ints, chance: random.Random) -> list[bytes]:
    """Return the record of each timestep; they have the shape of the same 1,000 weights."""
    shape = histogram_of([chance.gauss(0, 0.05) for _ in range(1000)])
    if shape is None:
        raise AssertionError("weights are finite")
    records: list[bytes] = []
    for rows in _equally_wide(numbers):
        one = encode_histogram(tag, shape, int(numbers[rows[0]]), WALL_TIME)
        records += map(bytes, _like(one, numbers[rows]))
    return records


def _batches(number: int, steps: Ints, losses: Floats) -> bytes:
    """Return the records of a timestep's batches."""
    model_time_ns = np.full(len(steps), 9e17 + number * 9e11)
    parts = []
    for rows in _equally_wide(steps):
        both = [
            _like(
                encode_scalar(tag, 1.0, int(steps[rows[0]]), WALL_TIME), steps[rows], values[rows]
            )
            for tag, values in zip(BATCH_TAGS, (losses, model_time_ns), strict=True)
        ]
        parts.append(np.hstack(both).tobytes())
    return b"".join(parts)


def _like(one: bytes, steps: Ints, scalars: Floats | None = None) -> NDArray[np.uint8]:
    """Return a record a step like the payload `one`, uint8 of shape (steps, bytes).

    Wall time, step and scalar of each are put in where `wire` writes them, the checksums
    are computed by columns. The steps must be equally wide.
    """
    rows = np.tile(np.frombuffer(frame(one), np.uint8), (len(steps), 1))
    payload = rows[:, HEADER.size : -CHECKSUM.size]
    payload[:, 1:9] = _as_bytes((WALL_TIME + steps * STEP_S).astype("<f8"))
    width = int(_width(steps[:1])[0])
    for index in range(width):
        payload[:, 10 + index] = (steps >> 7 * index) & 127 | (128 if index < width - 1 else 0)
    if scalars is not None:
        payload[:, -4:] = _as_bytes(scalars.astype("<f4"))
    register = np.full(len(steps), 0xFFFFFFFF, np.uint32)
    for column in np.ascontiguousarray(payload.T):
        register = _TABLE[(register ^ column) & 255] ^ (register >> 8)
    checksums = ~register
    masked = ((checksums >> 15) | (checksums << 17)) + np.uint32(0xA282EAD8)
    rows[:, -CHECKSUM.size :] = _as_bytes(masked.astype("<u4"))
    return rows


def _equally_wide(steps: Ints) -> list[Ints]:
    """Return the indices of rising `steps` in groups that take equally many bytes."""
    return np.split(np.arange(len(steps)), np.flatnonzero(np.diff(_width(steps))) + 1)


def _width(steps: Ints) -> Ints:
    """Return how many bytes each step takes as a varint: none for 0, which is left out."""
    return np.searchsorted([1, 1 << 7, 1 << 14, 1 << 21, 1 << 28], steps, side="right")


def _as_bytes(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Return the bytes of each value, shape (values, bytes)."""
    return values.view(np.uint8).reshape(len(values), -1)


def main() -> None:
    """Write one file and tell what is in it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--timesteps", type=int, default=1000)
    parser.add_argument("--batches", type=int, default=1000)
    parser.add_argument("--histograms", type=int, default=len(HISTOGRAM_TAGS), help="a timestep")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(
        write_event_file(
            options.path, options.timesteps, options.batches, options.histograms, options.seed
        )
    )


if __name__ == "__main__":
    main()
