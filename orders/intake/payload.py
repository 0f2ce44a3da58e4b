"""JSON as it comes from outside: parsed within limits, decimals kept exactly. What it means is decided elsewhere."""

import json
from collections import Counter
from decimal import Decimal
from typing import Any, NoReturn

MAX_DEPTH = 64
MAX_DIGITS = 1000
MAX_NAME = 64


class Unreadable(ValueError):
    """The bytes are no JSON that we read. `code` is for programs and stays, the text is for people."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def read_json(raw: bytes) -> Any:
    """Return what the bytes say. Raises Unreadable."""
    try:
        value = json.loads(
            raw.decode(),
            parse_int=_integer,
            parse_float=_decimal,
            parse_constant=_refuse,
            object_pairs_hook=_each_once,
        )
    except Unreadable:
        raise
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:  # of the bytes, or of the JSON
        at = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise Unreadable("json_invalid", f"The body is no JSON in UTF-8{at}.") from None
    if not _is_within(value, MAX_DEPTH):
        raise _too_deep()
    return value


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise _too_long()
    return int(text)


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except ArithmeticError:
        raise _too_long() from None
    if len(text) > MAX_DIGITS or abs(number.adjusted()) > MAX_DIGITS:  # 1E+999999999 as an integer would fill memory
        raise _too_long()
    return number


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object; refuse one in which a name stands twice: of two quantities nobody knows which was meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise Unreadable("name_repeated", f"An object has the name {twice[:MAX_NAME]!r} twice.")
    return found


def _refuse(name: str) -> NoReturn:
    raise Unreadable("json_invalid", f"{name} is no number in JSON.")


def _too_long() -> Unreadable:
    return Unreadable("number_too_long", f"A number has at most {MAX_DIGITS} digits.")


def _too_deep() -> Unreadable:
    return Unreadable("json_too_deep", f"The body is nested deeper than {MAX_DEPTH} levels.")


def _is_within(value: Any, depth: int) -> bool:
    level = [value]
    for _ in range(depth):
        level = [child for each in level for child in _children(each) if isinstance(child, (dict, list))]
        if not level:
            return True
    return False


def _children(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
