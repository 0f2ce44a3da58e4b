"""The type of a check. The checks themselves stand in each app's `audit.py`, as `CHECKS`."""

from collections.abc import Callable, Iterable
from typing import NamedTuple


class Problem(NamedTuple):
    """Something that is not as it ought to be: what it is about, and a sentence."""

    subject: str
    message: str


class Check(NamedTuple):
    """A name, ERROR or WARNING, and what finds the problems."""

    name: str
    severity: str
    run: Callable[[], Iterable[Problem]]
