"""Runs that are unlike the usual one: job logs, epochs, one timestep, nothing finite."""

from __future__ import annotations

import pytest

TOTAL = "article.card:has(h2:text('Total timesteps'))"


@pytest.fixture
def show(losses, serve, open_page, figures):
    """Serve what was written, open its page, and wait until it is drawn."""

    def open_one(timesteps, *words):
        page = open_page(serve(*(words or [losses.folder])).read(total_timesteps=timesteps).url)
        figures.wait(page, f"{TOTAL} .card-value", str(timesteps))
        page.locator("#panel-history .u-over").wait_for()
        return page

    return open_one


def test_a_job_log_shows_its_ranks(tmp_path, show, figures):
    """The ranks of a step take the place of batches, and are called so."""
    path = tmp_path / "LOG.exp.messe_r2b4.run.1234.o"
    lines = []
    for step in range(1, 21):
        lines += [
            f" {rank}:  INFO(messe): [rank={rank}] step={step} loss={1 / step + rank / 100} "
            f"grad_norm=0.5 skipped=False\n"
            for rank in range(4)
        ]
    path.write_text("".join(lines))
    page = show(20, path)
    figures.wait(page, TOTAL, "80 rank values")
    figures.wait(page, "#panel-batches .panel-header", "Rank losses")
    figures.wait(page, "#run-label", "messe_r2b4")
    page.locator("#panel-batches .chart-actions button[aria-pressed]").click()
    cells = page.locator("#panel-batches tbody td").all_inner_texts()
    assert [float(cell) for cell in cells] == [1 / 20 + rank / 100 for rank in range(4)]
    with path.open("a") as log:
        log.write(" 0:  INFO(messe): [rank=0] step=21 loss=0.0125 skipped=False\n")
    figures.wait(page, figures.CARD.format("Current loss") + " .card-value", "0.01250")


def test_a_job_that_ran_out_of_time_is_not_called_stale(tmp_path, show, figures):
    """Slurm's own words are what is shown."""
    path = tmp_path / "slurm.77.out"
    path.write_text(
        "".join(f" 0:  INFO(m): [rank=0] step={step} loss={1 / step}\n" for step in range(1, 9))
        + "slurmstepd: error: *** JOB 77 ON l1 CANCELLED AT 2026-07-03T10:00:00 "
        "DUE TO TIME LIMIT ***\n"
    )
    page = show(8, path)
    figures.wait(page, "#training", "Timed out")
    assert page.locator("#icon").get_attribute("href") == "icons/error.svg"


def test_a_loss_of_a_job_log_that_is_not_finite_is_counted(tmp_path, show, figures):
    """A rank's NaN is one value."""
    path = tmp_path / "slurm.5.out"
    path.write_text(
        " 0:  INFO(m): [rank=0] step=5 loss=nan skipped=True\n"
        " 0:  INFO(m): [rank=0] step=9 loss=0.5 skipped=False\n"
    )
    page = show(2, path)
    figures.wait(page, figures.CARD.format("Non-finite values"), "1 NaN")


def test_epochs_are_called_epochs(losses, show, figures):
    """A session's losses are not batches."""
    losses.folder.mkdir()
    for number in range(1, 7):
        name = losses.label(number).replace(" ", "T").replace(":", "-")
        lines = [f"training_session: {number}", f"simulation_time: {name}"]
        lines += [f"epoch_{epoch}: {1 / (number + epoch):.6f}" for epoch in range(1, 11)]
        path = losses.folder / f"log_session_{number:04d}_{name}.txt"
        path.write_text("\n".join(lines) + "\n")
    page = show(6)
    figures.wait(page, TOTAL, "60 epochs")
    figures.wait(page, "#panel-batches .panel-header", "Epoch losses")


def test_a_run_of_one_timestep_is_drawn(losses, show, figures):
    """As points; no trend is invented."""
    losses.write(1, [0.5, 0.25, 0.125])
    page = show(1)
    figures.wait(page, "#panel-history .panel-header", "timestep 1")
    figures.wait(page, figures.CARD.format("Current loss"), "0.1250")
    figures.wait(page, figures.CARD.format("Best mean"), "0.2917")
    figures.wait(page, figures.CARD.format("Best mean"), "the latest")
    losses.write(2, [0.9])
    figures.wait(page, figures.CARD.format("Best mean"), "1 timestep ago")


def test_a_run_of_one_value_is_drawn(losses, show, figures):
    """The least that can be written."""
    losses.write(1, [0.5])
    page = show(1)
    figures.wait(page, figures.CARD.format("Current loss"), "0.5000")
    figures.wait(page, figures.CARD.format("Trend"), "Unknown")


def test_a_run_without_a_finite_value_is_drawn(losses, serve, open_page, figures):
    """Cards say so; no number is invented."""
    for number in range(1, 9):
        losses.write(number, ["nan", "nan", "inf", "-inf"])
    page = open_page(serve(losses.folder).read(total_timesteps=8).url)
    card = figures.card(page, "Non-finite values")
    card.filter(has_text="32").filter(has_text="16 NaN, 16 ∞").wait_for()
    assert "is-err" in card.get_attribute("class")
    assert figures.value(page, "Current loss") == "not finite"
    assert figures.value(page, "Best mean") == "–"
    figures.wait(page, "#panel-history", "No finite values")


def test_a_constant_run_is_flat_and_drawn(losses, show, figures):
    """A range of no width is not a division by zero."""
    for number in range(1, 31):
        losses.write(number, [0.25] * 8)
    page = show(30)
    figures.wait(page, figures.CARD.format("Trend"), "Flat")
    figures.wait(page, figures.CARD.format("Mean loss"), "0.2500")
    figures.wait(page, "#panel-history .chart-legend", "0.2500")


def test_tiny_negative_and_huge_losses_are_drawn(losses, show, figures):
    """Four digits each, whatever the size; what a logarithm cannot show is told."""
    for number in range(1, 11):
        losses.write(number, [3e-10 * number, -1e-3, 2.5e9, 0.0])
    losses.write(11, [3e-10])
    page = show(11)
    figures.wait(page, figures.CARD.format("Current loss"), "3.000×10⁻¹⁰")
    page.get_by_role("radio", name="Logarithmic", exact=True).click()
    figures.wait(page, "#panel-history .chart-note", "at zero or below")


def test_a_large_run_is_drawn_whole(losses, show, figures):
    """More timesteps than the page holds one by one: older ones come in buckets."""
    losses.run(700, 2)
    page = show(700)
    summary = page.locator("#panel-history p[id$=-summary]")
    summary.filter(has_text="700 timesteps").wait_for(state="attached")
    page.goto(page.url + "#zoom=10,40")
    page.reload()
    summary.filter(has_text="30 timesteps, from timestep 11,").wait_for(state="attached")
