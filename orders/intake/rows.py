"""Rows that each stand for one thing (a product, a receipt): row → pydantic model, or what is wrong, in plain words."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from orders.intake.table import Problem, Row, shown

Thing = TypeVar("Thing", bound=BaseModel)

NO_MOMENT = "A time is written as in 2026-11-22T10:00:00Z."
SENTENCES = {
    "string_too_long": "At most {max_length} characters fit here.",
    "string_too_short": "At least {min_length} characters are needed here.",
    "string_pattern_mismatch": "That is no language such as en or pt-BR.",
    "too_long": "An order has at most {max_length} lines.",
    "timezone_aware": "A time needs its offset, as in 2026-11-22T10:00:00Z.",
}


def understand(row: Row, model: type[Thing]) -> tuple[Thing | None, list[Problem]]:
    """Return the thing that the row stands for, or why there is none."""
    if row.problems:
        return None, row.problems
    try:
        return model.model_validate({name: row.cells[name] for name in model.model_fields}), []
    except ValidationError as refusal:
        errors = refusal.errors(include_url=False)
        return None, [_problem(row, str(error["loc"][0]), sentence(error)) for error in errors]


def sentence(error: Any) -> str:
    """Say a pydantic error in plain words."""
    if error["type"].startswith("datetime"):
        return NO_MOMENT
    template = SENTENCES.get(error["type"])
    return template.format(**error.get("ctx", {})) if template else str(error["msg"])


def _problem(row: Row, column: str, reason: str) -> Problem:
    return Problem(row.number, column, shown(row.cells[column]), reason)
