"""Raw bytes that somebody sent → a JSON value of sane size, or a sentence why not. The same for every format."""

import json
from decimal import Decimal
from typing import Any, NoReturn

MAX_DEPTH = 64
MAX_DIGITS = 1000


class NotUnderstood(Exception):
    """The body is not what its format says, as a whole. The sentence is for staff."""


def read_json(raw: bytes) -> Any:
    """Return the value; numbers with a fraction are Decimal. Raises NotUnderstood."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotUnderstood(f"The body is not UTF-8 at byte {error.start}.") from None
    try:
        value = json.loads(text, parse_float=_fraction, parse_int=_whole, parse_constant=_no_number, strict=False)
    except json.JSONDecodeError as error:
        raise NotUnderstood(f"The body is not JSON: {error.msg} at character {error.pos}.") from None
    except RecursionError:
        raise NotUnderstood(TOO_DEEP) from None
    _measure(value)
    return value


TOO_DEEP = f"The body is nested deeper than {MAX_DEPTH} levels."


def _measure(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [child for each in level for child in _children(each)]
        if not level:
            return
    raise NotUnderstood(TOO_DEEP)


def _children(value: Any) -> list[Any]:
    match value:
        case dict():
            return [child for child in value.values() if isinstance(child, (dict, list))]
        case list():
            return [child for child in value if isinstance(child, (dict, list))]
    return []


def _whole(digits: str) -> int:
    return int(_short(digits))


def _fraction(digits: str) -> Decimal:
    return Decimal(_short(digits))


def _short(digits: str) -> str:
    if len(digits) > MAX_DIGITS:
        raise NotUnderstood(f"The body holds a number of {len(digits)} digits.")
    return digits


def _no_number(name: str) -> NoReturn:
    raise NotUnderstood(f"The body holds {name}, which is no number of JSON.")
