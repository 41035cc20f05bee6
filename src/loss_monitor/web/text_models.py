"""The shapes of texts and hyperparameters, as `web/models.py` has those of other answers."""

from __future__ import annotations

from loss_monitor.web.models import Number, Shape


class TextAnswer(Shape):
    """Texts of a tag, one entry a step, oldest first."""

    tag: str
    tb_run: str
    steps: list[int]
    wall_times: list[Number]
    texts: list[str]
    is_cut: list[bool]
    """Whether the file holds more of a text."""
    thinned: bool
    """Whether older texts were left out, of this tag or of another."""


class HparamsOfRun(Shape):
    """Hyperparameters of one of TensorBoard's runs."""

    tb_run: str
    hparams: dict[str, bool | float | str | None]


class HparamsAnswer(Shape):
    """Hyperparameters of all runs that name some."""

    runs: list[HparamsOfRun]
