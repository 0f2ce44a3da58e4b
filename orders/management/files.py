"""What the commands that import a file have in common: its bytes, a progress bar, a summary, a file of errors."""

import csv
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from orders.intake.table import Problem, shown
from orders.lifecycle import Refused
from orders.services import Outcome, Verdict

NOTHING_DONE = 2
QUARANTINED = 3
SHOWN = 10
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("file", type=Path)
    parser.add_argument("--errors", type=Path, metavar="FILE", help="write row, column, value, reason of each problem")
    parser.add_argument("--encoding", choices=["utf-8", "windows-1252"], default="utf-8")


def read(path: Path) -> bytes:
    """Return the file's bytes; CommandError where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise CommandError(f"There is no file {path}.", returncode=NOTHING_DONE) from None
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.", returncode=NOTHING_DONE) from None


@contextmanager
def refusals() -> Iterator[None]:
    """Tell a refusal in one sentence, and exit with 2."""
    try:
        yield
    except Refused as refusal:
        raise CommandError(refusal.sentence, returncode=NOTHING_DONE) from None


class Followed(NamedTuple):
    """What a finished import has to tell."""

    counts: Counter[Verdict]
    problems: list[tuple[str, Problem]]
    warnings: list[str]


def follow(outcomes: Iterable[Outcome], *, total: int, unit: str, errors: Path | None) -> Followed:
    """Let the import run, with a bar on a terminal, and write what was not understood to the file of errors."""
    followed = Followed(Counter(), [], [])
    with _sheet(errors) as sheet:
        sheet.writerow(Problem._fields)
        for outcome in tqdm(outcomes, total=total, unit=f" {unit}", disable=None, leave=False):
            followed.counts[outcome.verdict] += 1
            followed.problems.extend((outcome.subject, problem) for problem in outcome.problems)
            followed.warnings.extend([outcome.warning] if outcome.warning else [])
            sheet.writerows([_escaped(cell) for cell in problem] for problem in outcome.problems)
    return followed


def tell(command: BaseCommand, followed: Followed, summary: str, words: Mapping[Verdict, str]) -> None:
    """Print warnings, problems and the summary; exit with 3 where something is quarantined."""
    _list(command, followed.warnings)
    _list(command, [_sentence(*each) for each in followed.problems])
    counts = [
        f"{followed.counts[verdict]:,} {word}"
        for verdict, word in words.items()
        if followed.counts[verdict] or verdict == Verdict.NEW
    ]
    command.stdout.write(f"{summary}: {', '.join(counts)}.")
    if followed.counts[Verdict.QUARANTINED]:
        sys.exit(QUARANTINED)


@contextmanager
def _sheet(path: Path | None) -> Iterator[Any]:
    try:
        file = Path(path or os.devnull).open("w", newline="", encoding="utf-8")  # noqa: SIM115 - closed below
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.", returncode=NOTHING_DONE) from None
    with file:
        yield csv.writer(file)


def _escaped(cell: object) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    text = str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text


def _list(command: BaseCommand, lines: Sequence[str]) -> None:
    for line in lines[:SHOWN]:
        command.stderr.write(line)
    if len(lines) > SHOWN:
        command.stderr.write(f"… and {len(lines) - SHOWN:,} more.")


def _sentence(subject: str, problem: Problem) -> str:
    where = [shown(subject), f"row {problem.row}", f"{problem.column} {problem.value}".strip()]
    return f"{', '.join(part for part in where if part)}: {problem.reason}"
