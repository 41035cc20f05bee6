"""The documentation names every setting, route, command and format that there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from loss_monitor.cli.__main__ import COMMANDS
from loss_monitor.settings.table import SETTINGS

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
WEB_APP = (ROOT / "src/loss_monitor/web/app.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [setting.name for setting in SETTINGS])
def test_every_setting_is_in_the_readme_and_in_config_py(name: str) -> None:
    """A setting that nobody can find is no setting."""
    assert f"`{name}`" in README
    assert name in (ROOT / "config.py").read_text(encoding="utf-8")


def test_every_route_is_in_the_readme() -> None:
    """The table of routes in the code and the one in the README are the same."""
    routes = re.findall(r'"(/api/[a-z_./]+)', WEB_APP)
    assert len(routes) > 10
    missing = [
        route
        for route in routes
        if route.rstrip("/") not in README and "/" + route.rsplit("/", 1)[1] not in README
    ]
    assert not missing


def test_every_command_is_in_the_readme() -> None:
    """Each file of `cli/` that is a command is documented."""
    for command in COMMANDS:
        assert f"`loss-monitor {command}" in README


def test_every_file_kind_has_its_place_in_the_formats() -> None:
    """A format that the parsers know is described byte by byte."""
    formats = " ".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "docs/formats").glob("*.md")
    )
    for word in ("log_detailed_", "log_session_", "summary_", "monitor_status.json", "tfevents"):
        assert word in formats, word


def test_every_link_in_the_documents_leads_somewhere() -> None:
    """Relative links of the documents name files of the repository."""
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            if "dashboard.png" in link:
                continue
            assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_the_files_of_the_architecture_exist() -> None:
    """The line of data in ARCHITECTURE.md names files that are there."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for name in re.findall(r"`((?:\w+/)+\w+\.(?:py|js))`", text):
        inside = ROOT / "src/loss_monitor" / name
        static = ROOT / "src/loss_monitor/web" / name
        assert inside.exists() or static.exists() or (ROOT / name).exists(), name
