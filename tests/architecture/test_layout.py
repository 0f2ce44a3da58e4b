"""The top level holds what the house is made of, and the usual files: nothing else gathers there."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = {"config", "orders", "fulfillment", "tracking", "notifications", "templates", "static", "tests", "docs"}
USUAL = {
    ".ci", ".env.example", ".gitignore", "CHANGELOG.md", "LICENSE", "README.md", "manage.py", "pyproject.toml",
}  # fmt: skip
NEVER = {"core", "common", "utils", "helpers", "selectors", "managers", "signals", "mixins"}


def ignored() -> set[str]:
    """Return what `.gitignore` names at the top level, and what git and uv keep there."""
    lines = (ROOT / ".gitignore").read_text().splitlines()
    return {line.strip("/") for line in lines if line and not line.startswith("#")} | {".git"}


def test_the_top_level_holds_the_rooms_and_the_usual_files_alone() -> None:
    found = {path.name for path in ROOT.iterdir()} - ignored()
    assert found - ROOMS - USUAL == set()
    assert found >= ROOMS


def test_no_module_is_a_place_for_anything() -> None:
    modules = [path for room in ROOMS - {"tests"} for path in (ROOT / room).rglob("*.py")]
    assert len(modules) > 200
    assert [str(path) for path in modules if {path.stem, path.parent.name} & NEVER] == []
