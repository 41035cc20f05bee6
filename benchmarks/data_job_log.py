"""A large job log as ICON, its training plugin and Slurm leave it, to measure with.

Enters: a path, a size, a share of loss lines, a seed. Leaves: the log, and what is in it:
how many steps and losses, and the newest of them. A step is one `Time step` line of ICON,
one loss line of each rank, and lines of ICON that mean nothing here.

    python benchmarks/data_job_log.py LOG.exp.bench.run.1.o --megabytes 200
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

START = datetime(1979, 1, 1)  # noqa: DTZ001 - model time has no zone.
SECONDS_PER_STEP = 900
CHECKPOINT_STEPS = 1000
"""A checkpoint is told so often, by every rank."""
_BLOCKS = 64
_BLOCK_LINES = 50
_NOISE = (
    "mo_nh_stepping:perform_nh_stepping: dtime_advection {:.4f} s",
    "MAXABS VN, W in domain  1 : {:14.6E} {:14.6E}",
    "mo_nwp_rad_interface: radiation on reduced grid, zenith angle {:.5f}",
    "mo_name_list_output: Output to file atm_3d_ml_19790101T{:06.0f}Z.nc at step {:.0f}",
    "ocean-atmosphere coupling: put ta_{:.0f} residual = {:10.3E} tolerance = {:10.3E}",
    "timer total {:12.5f} s, min {:12.5f} s, max {:12.5f} s, imbalance {:5.2f} %",
)


@dataclass(frozen=True, slots=True)
class Written:
    """What a log holds."""

    size: int
    """Bytes."""
    lines: int
    steps: int
    losses: int
    first_step: int
    last_step: int
    last_losses: tuple[float, ...]
    """Of the last step, in rank order."""
    last_label: str
    """Model time of the last step."""


def write_job_log(
    path: Path,
    size: int,
    *,
    ranks: int = 4,
    share: float = 0.01,
    first_step: int = 1,
    seed: int = 1,
) -> Written:
    """Write a log of `size` bytes or a step more, of whose lines `share` are losses.

    The same arguments give the same bytes. A later job of a run begins at its `first_step`.
    """
    generator = random.Random(seed)
    blocks = [_noise(generator, ranks) for _ in range(_BLOCKS)]
    noise_blocks = max(0, round((ranks / share - ranks - 1) / _BLOCK_LINES))
    step, written, lines = first_step, 0, 0
    losses: tuple[float, ...] = ()
    width = len(str(ranks - 1))
    with path.open("w", encoding="ascii", newline="\n") as file:
        while written < size:
            losses = tuple(
                round(generator.lognormvariate(-3 - min(step, 50_000) / 25_000, 0.3), 6)
                for _ in range(ranks)
            )
            told = _step_lines(step, losses, width)
            text = "".join([told, *generator.choices(blocks, k=noise_blocks)])
            file.write(text)
            written += len(text)
            lines += told.count("\n") + noise_blocks * _BLOCK_LINES
            step += 1
    steps = step - first_step
    return Written(
        written, lines, steps, steps * ranks, first_step, step - 1, losses, _label(step - 1)
    )


def _step_lines(step: int, losses: tuple[float, ...], width: int) -> str:
    forecast = timedelta(seconds=step * SECONDS_PER_STEP)
    hours, rest = divmod(forecast.seconds, 3600)
    clock = f"{forecast.days}d {hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
    icon = f"Time step:{step:9d}, model time: {_label(step)}.000 forecast time {clock}"
    told = [f"{0:>{width}}:  {icon}\n"]
    told += [
        f"{rank:>{width}}:  INFO(messe): [rank={rank}] step={step} loss={loss:.6f} "
        f"grad_norm={10 * loss:.4f} skipped=False\n"
        for rank, loss in enumerate(losses)
    ]
    if step % CHECKPOINT_STEPS == 0:
        told += [
            f"{rank:>{width}}:  INFO(messe): [rank={rank}] Checkpoint saved at step={step}\n"
            for rank in range(len(losses))
        ]
    return "".join(told)


def _label(step: int) -> str:
    return f"{START + timedelta(seconds=step * SECONDS_PER_STEP):%Y-%m-%d %H:%M:%S}"


def _noise(generator: random.Random, ranks: int) -> str:
    width = len(str(ranks - 1))
    lines = []
    for _ in range(_BLOCK_LINES):
        form = generator.choice(_NOISE)
        figures = [abs(generator.gauss(0, 1e3)) for _ in range(form.count("{"))]
        lines.append(f"{generator.randrange(ranks):>{width}}:  {form.format(*figures)}\n")
    return "".join(lines)


def main() -> None:
    """Write one log and tell what is in it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--ranks", type=int, default=4)
    parser.add_argument("--share", type=float, default=0.01, help="of lines that are losses")
    parser.add_argument("--first-step", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(
        write_job_log(
            options.path,
            options.megabytes * 1_000_000,
            ranks=options.ranks,
            share=options.share,
            first_step=options.first_step,
            seed=options.seed,
        )
    )


if __name__ == "__main__":
    main()
