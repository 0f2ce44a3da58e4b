"""The type of a check, and the checks of orders. Each app's checks stand in its `audit.py`, as `CHECKS`.

A check reads only, and reads what it compares in one statement: orders go on meanwhile.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F

from orders.models import Event, Order, OrderLine
from orders.models.append_only import missing_triggers
from orders.models.event import GENESIS, Instant, digest_after

CHUNK = 2000
LAST = 2**63 - 1


class Problem(NamedTuple):
    """Something that is not as it ought to be: what it is about, and a sentence."""

    subject: str
    message: str


class Check(NamedTuple):
    """A name, ERROR or WARNING, and what finds the problems."""

    name: str
    severity: str
    run: Callable[[], Iterable[Problem]]


def order_ranges() -> Iterator[tuple[int, int]]:
    """Yield the first and last primary keys of pieces of the orders: each is read, compared and forgotten."""
    first = 0
    while first <= LAST:
        keys = Order.objects.filter(pk__gte=first).order_by("pk").values_list("pk", flat=True)
        last = next(iter(keys[CHUNK - 1 : CHUNK]), LAST)
        yield first, last
        first = last + 1


def broken_trails() -> Iterator[Problem]:
    """Compute every digest again, and name the events that were changed, moved, added or taken away."""
    order = ("order__number", "order__version", "order__head")
    event = ("order_id", "seq", "kind", Instant("at"), Instant("recorded_at"), "by", "facts", "digest")
    for first, last in order_ranges():
        events = Event.objects.filter(order_id__gte=first, order_id__lte=last).order_by("order_id", "seq")
        rows = events.values_list(*order, *event).iterator(CHUNK)
        for (number, version, head), trail in groupby(rows, key=itemgetter(0, 1, 2)):
            yield from _follow(number, version, bytes(head), trail)
        for number in Order.objects.filter(pk__range=(first, last), events=None).values_list("number", flat=True):
            yield Problem(number, "The order has no trail.")


def missing_guards() -> Iterator[Problem]:
    """Name the triggers that keep the append-only tables, and do not stand."""
    for name in missing_triggers(connection):
        yield Problem(name, "The trigger is missing: what is written there could be changed without a word.")


def unequal_lines() -> Iterator[Problem]:
    """Name the lines whose units do not add up to what was ordered."""
    stages = F("waiting") + F("reserved") + F("picked") + F("packed") + F("shipped") + F("delivered") + F("cancelled")
    lines = OrderLine.objects.annotate(found=stages).exclude(found=F("quantity")).order_by("pk")
    for number, line, quantity, found in lines.values_list("order__number", "number", "quantity", "found").iterator():
        yield Problem(f"{number} line {line}", f"{quantity} were ordered, and {found} are somewhere.")


CHECKS = [
    Check("broken_trails", "ERROR", broken_trails),
    Check("missing_guards", "ERROR", missing_guards),
    Check("unequal_lines", "ERROR", unequal_lines),
]


def _follow(number: str, version: int, head: bytes, trail: Iterable[tuple[Any, ...]]) -> Iterator[Problem]:
    previous, expected = GENESIS, 1
    for _, _, _, order_id, seq, kind, at, recorded_at, by, facts, stored in trail:
        if seq != expected:
            yield Problem(f"{number} #{expected}", f"{_events(expected, seq - 1)} missing from the trail.")
        digest = bytes(stored)
        if digest_after(previous, order_id, seq, kind, at, recorded_at, by, facts) != digest:
            sentence = f"{kind}, event {seq} of {number}, is not what was recorded after the event before it."
            yield Problem(f"{number} #{seq} {kind}", sentence)
        previous, expected = digest, seq + 1
    if version != expected - 1:
        yield Problem(number, f"The order counts {version} events, and its trail ends with {expected - 1}.")
    elif head != previous:
        yield Problem(number, "The last event of the trail is not the one that the order knows as its last.")


def _events(first: int, last: int) -> str:
    return f"Event {first} is" if first == last else f"Events {first} to {last} are"
