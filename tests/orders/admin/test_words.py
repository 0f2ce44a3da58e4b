"""Every kind of event that the code can record has words for staff."""

import ast
import re
from pathlib import Path

from django_fsm import FSMField

from fulfillment.models import Shipment
from notifications.models import Message
from orders.admin import words
from orders.admin.trail import ORDER_TARGETS, SHIPMENT_TARGETS
from orders.models import Order
from tracking.models.tracker import Status

ROOT = Path(__file__).parents[3]
KIND = re.compile(r"^(order|shipment|stock|parcel|promise|return|link|message)\.[a-z_]+$")


def kinds_in_the_code() -> set[str]:
    """Every text of the code that reads as the kind of an event, but for the names of tables and message templates."""
    found = set()
    for app in ("orders", "fulfillment", "tracking", "notifications"):
        for path in (ROOT / app).rglob("*.py"):
            if {"migrations", "admin", "ledger"} & set(path.relative_to(ROOT).parts) or path.stem in {"admin", "audit"}:
                continue
            texts = [node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)]
            found |= {text for text in texts if isinstance(text, str) and KIND.match(text)}
    return found - {"orders.order"}


def kinds_of_transitions(model: type) -> set[str]:
    field: FSMField = model._meta.get_field("status")
    return {each.custom["kind"] for each in field.get_all_transitions(model)}


def test_each_kind_that_the_code_records_has_words() -> None:
    statuses = {f"parcel.{status.lower()}" for status in Status.values}
    kinds = kinds_in_the_code() | kinds_of_transitions(Order) | kinds_of_transitions(Shipment) | statuses
    assert len(kinds) >= 30
    assert kinds - set(words.WORDS) == set()


def test_each_kind_belongs_to_a_group_of_the_trail() -> None:
    assert {kind.partition(".")[0] for kind in words.WORDS} <= set(words.GROUP_OF)
    assert set(ORDER_TARGETS) | set(SHIPMENT_TARGETS) <= set(words.WORDS)


def test_each_message_has_words() -> None:
    assert set(words.MESSAGES) == set(Message.Kind.values)


def test_facts_are_told_in_words() -> None:
    silence = {"parcel": "OT-1-1-1", "alarm": "NO_FIRST_SCAN", "since": "2026-11-16T18:07:59.406914+00:00"}
    assert words.details("parcel.silent", silence) == ["never scanned", "since 16 Nov 2026"]
    assert words.details("order.placed", {"lines": 1, "units": 3, "channel": "web"}) == [
        "1 line",
        "3 units",
        "through web",
    ]
    assert words.details("order.lines_cancelled", {"lines": [{"line": 2, "units": 1}], "note": 7}) == [
        "1 unit of line 2"
    ]
    assert words.details("order.held", {"hold": 4, "reason": "PAYMENT", "lines": [1, 3]}) == [
        "the payment has not arrived",
        "lines 1, 3",
    ]
    assert words.details("order.delayed", {"missed": "ship_by", "date": "2026-11-24", "promise": "2026-11-27"}) == [
        "ship by",
        "24 Nov 2026",
        "promised for 27 Nov 2026",
    ]
    assert words.told("shipment.joined", {"shipment": "OT-1-1", "into": "OT-1-2"}) == "Units of OT-1-1 go with OT-1-2"
    assert words.details("shipment.joined", {"shipment": "OT-1-1", "into": "OT-1-2"}) == []
