"""The table says of every kind of event who is told."""

import ast
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.template.loader import get_template

from notifications.models import Message
from notifications.rules import RULES, Rule
from orders.models import Event
from tests.factories import MONDAY
from tracking.models.tracker import Status

APPS = ("orders", "fulfillment", "tracking", "notifications", "config")


def test_every_kind_of_event_in_the_code_has_a_row() -> None:
    kinds = set(kinds_in_code())
    assert {"order.placed", "order.cancelled", "parcel.shipped", "stock.reserved"} <= kinds, "the search finds them"
    assert kinds - set(RULES) == set()


def test_every_status_of_a_parcel_has_a_row() -> None:
    assert {f"parcel.{status.lower()}" for status in Status.values} - set(RULES) == set()


def test_every_message_has_its_three_templates_and_is_told_by_some_event() -> None:
    told = {rule.message for rules in RULES.values() for rule in rules}
    assert told == set(Message.Kind)
    for kind in Message.Kind:
        for ending in ("subject.txt", "txt", "html"):
            get_template(f"notifications/messages/{kind}.{ending}")


def kinds_in_code() -> Iterator[str]:
    """Find what is written to the trail: the second argument of record(), and the kinds of transitions."""
    for app in APPS:
        for path in (settings.BASE_DIR / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                yield from _kinds(node)


def _kinds(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Name(id="record"), args=[_, ast.Constant(value=str(kind)), *_]):
            yield kind
        case ast.Dict(keys=[ast.Constant(value="kind")], values=[ast.Constant(value=str(kind))]):
            yield kind


MILESTONES = [
    ("order.placed", {}, [""]),
    ("order.cancelled", {"reason": "changed their mind"}, [""]),
    ("order.lines_cancelled", {"lines": [{"line": 1, "units": 1}], "left": 2}, ["7"]),
    ("order.lines_cancelled", {"lines": [{"line": 1, "units": 3}], "left": 0}, []),
    ("order.delayed", {"missed": "ship_by", "date": "2026-11-23", "promise": "2026-11-27"}, ["2026-11-27"]),
    ("parcel.shipped", {"parcel": "OT-1-1-1", "of": 1}, ["OT-1-1-1"]),
    ("parcel.silent", {"parcel": "P", "alarm": "NO_SCAN_SINCE"}, ["P"]),
    ("parcel.silent", {"parcel": "P", "alarm": "NO_FIRST_SCAN"}, []),
    ("parcel.out_for_delivery", {"parcel": "P", "milestones": ["first_scan", "out_for_delivery"]}, ["P"]),
    ("parcel.out_for_delivery", {"parcel": "P", "milestones": []}, []),
    ("parcel.delivered", {"parcel": "P", "milestones": ["out_for_delivery", "delivered"]}, ["P"]),
    ("parcel.delivered", {"parcel": "P", "milestones": []}, []),
    ("parcel.delivery_attempt_failed", {"parcel": "P", "milestones": ["attempt:2"]}, ["P:attempt:2"]),
    ("parcel.delivery_attempt_failed", {"parcel": "P", "milestones": ["first_scan"]}, []),
    ("parcel.available_for_pickup", {"parcel": "P", "milestones": ["available_for_pickup"]}, ["P"]),
    ("parcel.exception", {"parcel": "P", "milestones": ["exception:duties_unpaid"]}, ["P:exception:duties_unpaid"]),
    ("parcel.exception", {"parcel": "P", "milestones": ["first_scan"]}, []),
    ("parcel.returning_to_sender", {"parcel": "P", "milestones": ["returning"]}, ["P"]),
    ("parcel.returned_to_sender", {"parcel": "P", "milestones": ["returned"]}, ["P"]),
    ("parcel.returned_to_sender", {"parcel": "P", "milestones": []}, []),
    ("parcel.lost", {"parcel": "P", "milestones": ["lost"]}, ["P"]),
    ("shipment.delivered", {"parcels": ["P-1", "P-2"]}, ["P-1", "P-2"]),
    ("link.requested", {"bucket": 2992317}, ["2992317"]),
]


@pytest.mark.parametrize(("kind", "facts", "expected"), MILESTONES)
def test_the_milestone_follows_from_the_event_alone(kind: str, facts: dict, expected: list[str]) -> None:
    [rule] = RULES[kind]
    assert isinstance(rule, Rule)
    assert rule.milestones(Event(kind=kind, seq=7, at=MONDAY, facts=facts)) == expected
