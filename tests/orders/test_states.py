"""docs/states.md, tried cell by cell: every status × every verb, the refusals' sentences included."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from fulfillment.models import Count, Parcel, Reship, Return, Shipment, ShipmentLine
from fulfillment.services import set_back
from fulfillment.services.counts import ask_count
from orders.lifecycle import NotAllowed, change, why_not
from orders.models import Event, Hold, Order
from tests.factories import ALICE, BOB, Shop, shipment

DOCUMENT = Path(__file__).parents[2] / "docs" / "states.md"
MODELS = {"Order": Order, "Shipment": Shipment, "Count": Count, "Return": Return, "Reship": Reship}


def rows(section: str, *, starting: str) -> list[list[str]]:
    """Return the cells of the table under `## section` whose header starts so."""
    text = DOCUMENT.read_text().split(f"## {section}\n")[1].split("\n## ")[0]
    table = text.split(f"\n| {starting} |")[1].split("\n\n")[0]
    lines = [f"| {starting} |{table.splitlines()[0]}", *table.splitlines()[2:]]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def cells() -> Iterator[tuple[str, str, str, str]]:
    for section in MODELS:
        header, *body = rows(section, starting="from")
        for status, *targets in body:
            for verb, target in zip(header[1:], targets, strict=True):
                yield section, status, verb, target


def words(section: str, status: str, verb: str) -> tuple[str, str]:
    """Return the sentence of the refusal, and the kind of the event if it is allowed."""
    _, *body = rows(section, starting="status")
    state = {row[0]: row[1] for row in body}[status]
    verb_words, kind = {row[3]: (row[4], row[5]) for row in body}[verb]
    pattern = re.search(rf"## {section}\n.*?Refusal: \"(.*?)\"", DOCUMENT.read_text(), re.DOTALL)
    assert pattern
    return pattern[1].format(state=state, verb=verb_words), kind


def a_thing_in(shop: Shop, section: str, status: str) -> Any:
    """An order, or a shipment, put into a status past the door: only a test may."""
    shop.receive(shop.mug, 2)
    order = shop.order((shop.mug, 2))
    thing = _thing(shop, section, order)
    return a_thing_like(thing, status)


def _thing(shop: Shop, section: str, order: Order) -> Any:
    match section:
        case "Order":
            return order
        case "Shipment":
            return shipment(order)
        case "Count":
            return ask_count(shop.warehouse, product=shop.mug, by=BOB)
        case "Reship":
            parcel = Parcel.objects.create(shipment=shipment(order), number=f"{order}-1-1")
            return Reship.objects.create(order=order, parcel=parcel, cause="LOST")
    return Return.objects.create(order=order, number=f"{order}-R1", warehouse=shop.warehouse)


def call(thing: Any, verb: str) -> None:
    given = {"at": timezone.now(), "by": str(ALICE), "warehouse": getattr(thing, "warehouse", None)}
    given["replacement"] = Order.objects.first()
    method = getattr(thing, verb)
    names = method.__wrapped__.__code__.co_varnames[1 : method.__wrapped__.__code__.co_argcount]
    method(**{name: given[name] for name in names})


def test_the_document_names_every_status_and_every_verb() -> None:
    for section, model in MODELS.items():
        verbs = {each.name for each in model._meta.get_field("status").get_all_transitions(model)}
        assert {row[0] for row in rows(section, starting="from")[1:]} == set(model.Status.values)
        assert set(rows(section, starting="from")[0][1:]) == verbs


@pytest.mark.parametrize(("section", "status", "verb", "target"), list(cells()))
def test_every_status_and_verb_does_what_the_document_says(
    shop: Shop, section: str, status: str, verb: str, target: str
) -> None:
    thing = a_thing_in(shop, section, status)
    sentence, kind = words(section, status, verb)
    events = Event.objects.count()
    if target == "–":
        with pytest.raises(NotAllowed, match=f"^{re.escape(sentence)}$"), change(thing, by=ALICE) as fresh:
            call(fresh, verb)
        assert (type(thing).objects.get(pk=thing.pk).status, Event.objects.count()) == (status, events)
    else:
        with change(thing, by=ALICE) as fresh:
            call(fresh, verb)
        assert (type(thing).objects.get(pk=thing.pk).status, Event.objects.count()) == (
            target,
            events + (kind != "–"),
        )
        assert kind == "–" or Event.objects.last().kind == kind
    reasons = why_not(a_thing_like(thing, status), verb)
    assert bool(reasons) == (target == "–"), "no reason means allowed"


def a_thing_like(thing: Any, status: str) -> Any:
    type(thing).objects.filter(pk=thing.pk).update(status=status, **_stamps(thing, status))
    return type(thing).objects.get(pk=thing.pk)


def _stamps(thing: Any, status: str) -> dict[str, Any]:
    """Return what goes with a status, or the database refuses it."""
    if isinstance(thing, Order):
        return dict.fromkeys(("shipped_at", "delivered_at", "cancelled_at"))
    if isinstance(thing, Reship):
        return {"replacement": thing.order if status == "SENT" else None}
    if not isinstance(thing, Count):
        return {}
    standing = {"RECOUNT": "COUNTED", "CANCELLED": "OPEN"}.get(status, status)
    steps = ["OPEN", "COUNTED", "APPROVED", "APPLIED"]
    done = steps[: steps.index(standing) + 1]
    stamps = {f"{step.lower()}_at": timezone.now() if step in done else None for step in steps[1:]}
    people = {"COUNTED": str(BOB), "APPROVED": str(ALICE)}
    return stamps | {f"{step.lower()}_by": who if step in done else "" for step, who in people.items()}


@pytest.mark.parametrize("verb", ["start_picking", "pick", "pack", "ship"])
@pytest.mark.parametrize("obstacle", [*Hold.Reason.values, "address"])
def test_a_hold_or_a_missing_address_refuses_with_its_sentence(shop: Shop, verb: str, obstacle: str) -> None:
    status = {"start_picking": "READY", "pick": "PICKING", "pack": "PICKED", "ship": "PACKED"}[verb]
    thing = a_thing_in(shop, "Shipment", status)
    if obstacle == "address":
        Order.objects.update(ship_line1="")
    else:
        Hold.objects.create(order=thing.order, reason=obstacle, placed_by="test", lines=[1])
    with pytest.raises(NotAllowed, match=f"^{re.escape(beyond(verb, obstacle))}$"), change(thing, by=ALICE) as fresh:
        call(fresh, verb)
    assert Shipment.objects.get(pk=thing.pk).status == status


@pytest.mark.parametrize("status", Shipment.Status.values)
@pytest.mark.parametrize("verb", ["start_picking", "pick", "pack", "ship"])
def test_what_goes_all_at_once_waits_for_its_rest(shop: Shop, status: str, verb: str) -> None:
    shop.receive(shop.teapot, 2)
    shop.receive(shop.mug, 2)
    order = shop.order((shop.mug, 2), (shop.teapot, 2), is_ship_complete=True)
    thing = shipment(order)
    set_back(thing, {thing.lines.get(order_line__number=2): 2}, by=BOB, cause="a test")
    Shipment.objects.filter(pk=thing.pk).update(status=status)
    thing = Shipment.objects.get(pk=thing.pk)
    may = {"start_picking": {"READY"}, "pick": {"PICKING"}, "pack": {"PICKED"}, "ship": set(Shipment.ON_FLOOR)}[verb]
    waits = verb != "pick" and status in may
    found = [reason.message for reason in why_not(thing, verb)]
    if waits:
        assert found == [beyond(verb, "all at once").format(shipment=thing.number)]
    assert bool(found) == (waits or status not in may)
    if found:
        with pytest.raises(NotAllowed), change(thing, by=ALICE) as fresh:
            call(fresh, verb)
        assert Shipment.objects.get(pk=thing.pk).status == status
    Order.objects.update(is_ship_complete=False)
    assert bool(why_not(Shipment.objects.get(pk=thing.pk), verb)) == (status not in may)


def beyond(verb: str, obstacle: str) -> str:
    found = [row for row in rows("Shipment", starting="verb") if verb in row[0].split(", ") and obstacle in row[1]]
    assert len(found) == 1
    return found[0][2]


def test_a_hold_on_another_line_refuses_nothing(shop: Shop) -> None:
    thing = a_thing_in(shop, "Shipment", "READY")
    Hold.objects.create(order=thing.order, reason="OTHER", placed_by="test", lines=[2])
    with change(thing, by=ALICE) as fresh:
        call(fresh, "start_picking")
    assert Shipment.objects.get(pk=thing.pk).status == "PICKING"


def test_a_shipment_is_not_ready_before_all_is_reserved(shop: Shop) -> None:
    thing = a_thing_in(shop, "Shipment", "PLANNED")
    ShipmentLine.objects.update(reserved=0)
    sentence = beyond("make_ready", "not reserved")
    with pytest.raises(NotAllowed, match=f"^{re.escape(sentence)}$"), change(thing, by=ALICE) as fresh:
        call(fresh, "make_ready")
    assert Shipment.objects.get(pk=thing.pk).status == "PLANNED"
