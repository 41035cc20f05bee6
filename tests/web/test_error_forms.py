"""Errors of the framework in the one form that every error has."""

from __future__ import annotations

from loss_monitor.web.error_forms import parameter_fault


def test_a_fault_of_a_parameter_is_told_in_words() -> None:
    """Name, what is allowed, what came; long input is cut."""
    fault = {"loc": ("query", "bins"), "type": "less_than_equal", "ctx": {"le": 1000}}
    text = parameter_fault({**fault, "msg": "", "input": "9" * 500})
    assert text.startswith("bins must be at most 1000, not '9999")
    assert len(text) < 150
