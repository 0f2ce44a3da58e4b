"""Writes the newest versions that resolve together into pyproject.toml, for a run of the tests to judge."""

import re
import subprocess
from pathlib import Path

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
BLOCK = re.compile(r"(constraint-dependencies = \[\n).*?(\])", re.DOTALL)


def write(pins: list[str]) -> None:
    body = "".join(f'    "{pin}",\n' for pin in pins)
    PYPROJECT.write_text(BLOCK.sub(lambda found: found[1] + body + found[2], PYPROJECT.read_text()))


def resolve() -> list[str]:
    """Return `name==version` of everything, markers left out: a constraint asks for nothing by itself."""
    subprocess.run(["uv", "lock", "--upgrade", "--quiet"], check=True)
    export = ["uv", "export", "--all-groups", "--no-hashes", "--no-annotate", "--no-header", "--quiet"]
    lines = subprocess.run(export, check=True, capture_output=True, text=True).stdout.splitlines()
    pins = (re.sub(r"\[.*?\]", "", line.split(";")[0]).strip() for line in lines if "==" in line)
    return sorted(set(pins))


if __name__ == "__main__":
    write([])
    write(resolve())
    print(PYPROJECT.read_text().count("=="), "versions written")
