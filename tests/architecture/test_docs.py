"""What README and docs name is there: files, headings, commands with their options, settings, checks of the audit."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMAND = re.compile(r"manage\.py ([a-z_]+)([^`\n|;]*)")
SETTING = re.compile(r"env\.\w+\(\s*\"([A-Z_]+)\"")


def names(page: Path, heading: str) -> set[str]:
    """Return what stands in backticks in the first cells of the table under a line."""
    table = page.read_text().split(heading, 1)[1].split("\n|---")[1].split("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines()[1:]]
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_into_the_house_leads_somewhere(page: Path) -> None:
    inside = [link.split("#")[0] for link in LINK.findall(page.read_text()) if "://" not in link]
    assert [link for link in inside if link and not (page.parent / link).exists()] == []


def named_commands() -> Iterator[tuple[str, str, str]]:
    for page in PAGES:
        for name, rest in COMMAND.findall(page.read_text()):
            yield page.name, name, rest


def test_every_command_that_is_named_exists_with_its_options() -> None:
    missing = []
    for page, name, rest in named_commands():
        app = get_commands().get(name)
        if app is None:
            missing.append((page, name))
            continue
        command = load_command_class(app, name) if isinstance(app, str) else app
        known = command.create_parser("manage.py", name)._option_string_actions
        words = shlex.split(rest.split(")")[0]) if rest.count('"') % 2 == 0 else []
        missing += [(page, f"{name} {word}") for word in words if word.startswith("-") and word not in known]
    assert missing == []
    assert len(list(named_commands())) > 10


def test_the_table_of_settings_is_whole() -> None:
    read = set(SETTING.findall((ROOT / "config/settings.py").read_text())) - {"TEST_SQLITE"}
    told = names(ROOT / "docs/operations.md", "## Settings")
    example = set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert told == example == read | {"ADMIN_PASSWORD", "DEMO_PASSWORD"}


def test_the_table_of_checks_is_whole() -> None:
    from tracking.services.audit import all_checks

    assert names(ROOT / "docs/operations.md", "Checks of the audit:") == set(all_checks())


def test_every_picture_is_small() -> None:
    pictures = list((ROOT / "docs/img").glob("*.png"))
    assert {picture.stem for picture in pictures} == {"customer", "admin", "floor", "report"}
    assert [picture.name for picture in pictures if picture.stat().st_size > 150_000] == []
