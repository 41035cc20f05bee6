"""Label and parameters on the command line, in the environment and in the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from loss_monitor.errors import SettingError
from loss_monitor.settings import load_settings


def test_parameters_are_given_one_by_one() -> None:
    """As written; of one name given twice the last counts; a value may hold '='."""
    settings = load_settings(
        {"label": " wide ", "params": ["lr=3e-4", "seed=1", "lr=1e-4", "expr=a=b"]}, {}
    )
    assert settings.label == "wide"
    assert settings.params == (("lr", "1e-4"), ("seed", "1"), ("expr", "a=b"))


def test_environment_and_file_give_them_too(tmp_path: Path) -> None:
    """Joined by commas there, a mapping here; the nearer one wins."""
    config = tmp_path / "config.py"
    config.write_text("LABEL = 'of the file'\nPARAMS = {'lr': 3e-4, 'deep': True}\n")
    settings = load_settings({}, {}, config)
    assert (settings.label, settings.params) == (
        "of the file", (("lr", "0.0003"), ("deep", "true")),
    )  # fmt: skip
    environ = {"LOSS_MONITOR_LABEL": "env", "LOSS_MONITOR_PARAMS": "lr=1, seed=2"}
    settings = load_settings({}, environ, config)
    assert (settings.label, settings.params) == ("env", (("lr", "1"), ("seed", "2")))


@pytest.mark.parametrize(
    "given",
    [
        {"params": ["lr"]},
        {"params": ["=3"]},
        {"params": ["a\n=3"]},
        {"params": ["x=" + "1" * 201]},
        {"params": [f"p{number}=1" for number in range(65)]},
        {"label": "x" * 121},
        {"label": "a\x1b[31m"},
        {"label": "  "},
    ],
)
def test_what_is_not_allowed_is_told_with_what_is(given: dict[str, object]) -> None:
    """Bounded, printable, with a name."""
    with pytest.raises(SettingError, match=r"(--label|--param).*allowed is"):
        load_settings(given, {})
