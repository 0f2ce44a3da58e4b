"""Whoever changes history, or a number that follows from it, is found and named."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from fulfillment.models import BinStock, Parcel, ParcelLine, Reservation, Reship, Shipment, StockItem, StockMovement
from fulfillment.services import ParcelDraft, decline_reship, deliver_shipment, ship_shipment
from orders.models import Event, Order, OrderLine
from orders.models.append_only import lifted
from tests.factories import ALICE, ProductFactory, Shop, shipment
from tests.hooks import event as said
from tests.stream import exit_code
from tracking.models import AuditRun, Finding, Remapping, Tracker
from tracking.services import NoSuchCheck, replay_everything, run_audit, take_carrier_events
from tracking.services.audit import all_checks


@pytest.fixture
def order(shop: Shop) -> Order:
    shop.receive(shop.mug, 5)
    shop.receive(shop.teapot, 1)
    shop.order((shop.teapot, 1))
    order = shop.order((shop.mug, 2), (shop.teapot, 1))
    deliver_shipment(ship_shipment(shipment(order, 1), by=ALICE), by=ALICE)
    return order


@contextmanager
def tampering() -> Iterator[None]:
    """What somebody can do who owns the database."""
    connection.check_constraints()  # PostgreSQL alters no table with checks still to come
    with lifted(connection):
        yield
        connection.check_constraints()


def findings(*checks: str) -> dict[str, str]:
    """Subject → message of what stands open after a run."""
    run_audit(checks)
    return dict(Finding.objects.exclude(status="RESOLVED").values_list("subject", "message"))


def event(order: Order, seq: int) -> Any:
    return Event.objects.filter(order=order, seq=seq)


def test_what_went_by_the_rules_is_clean(order: Order, capsys: Any) -> None:
    assert (exit_code("audit"), Finding.objects.count()) == (0, 0)
    *table, verdict = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in table[1:]] == ["0"] * len(all_checks())
    version = ".".join(map(str, connection.get_database_version()))
    assert verdict == f"{connection.display_name} {version}: clean."


@pytest.mark.parametrize(
    "forge",
    [
        {"kind": "order.cancelled"},
        {"facts": {"lines": 2, "units": 3, "channel": "web "}},
        {"by": "user:3"},
        {"at": timezone.now()},
        {"digest": b"\0" * 32},
    ],
    ids=lambda forge: next(iter(forge)),
)
def test_a_changed_byte_of_an_event_is_found_and_the_event_is_named(order: Order, forge: dict[str, Any]) -> None:
    with tampering():
        event(order, 1).update(**forge)
    found = findings()
    kind = forge.get("kind", "order.placed")
    named = f"{order.number} #1 {kind}"
    assert found[named] == f"{kind}, event 1 of {order.number}, is not what was recorded after the event before it."
    assert set(found) == {named} | ({f"{order.number} #2 order.confirmed"} if "digest" in forge else set())


def test_an_event_taken_from_the_middle_is_found(order: Order) -> None:
    with tampering():
        event(order, 3).get().outbox.delete()
        event(order, 3)._raw_delete("default")
    kind = event(order, 4).get().kind
    found = findings("broken_trails")
    assert set(found) == {f"{order.number} #3", f"{order.number} #4 {kind}"}
    assert found[f"{order.number} #3"] == "Event 3 is missing from the trail."


def test_a_tail_that_was_cut_off_is_found(order: Order) -> None:
    last = order.events.count()
    with tampering():
        for seq in (last, last - 1):
            event(order, seq).get().outbox.delete()
            event(order, seq)._raw_delete("default")
    assert findings("broken_trails") == {
        order.number: f"The order counts {last} events, and its trail ends with {last - 2}."
    }
    Order.objects.filter(pk=order.pk).update(version=last - 2)
    assert findings("broken_trails") == {
        order.number: "The last event of the trail is not the one that the order knows as its last."
    }


def test_a_trail_that_is_gone_is_found(order: Order) -> None:
    with tampering():
        for each in order.events.all():
            each.outbox.delete()
        order.events.all()._raw_delete("default")
    assert findings("broken_trails") == {order.number: "The order has no trail."}


def test_events_in_another_order_are_found(order: Order) -> None:
    kinds = dict(order.events.values_list("seq", "kind"))
    with tampering():
        event(order, 2).update(seq=99)
        event(order, 3).update(seq=2)
        event(order, 99).update(seq=3)
    assert set(findings("broken_trails")) == {
        f"{order.number} #{seq} {kinds[was]}" for seq, was in ((2, 3), (3, 2), (4, 4))
    }


def test_an_event_that_was_moved_to_another_order_is_found(order: Order) -> None:
    other = Order.objects.exclude(pk=order.pk).get()
    last = other.events.order_by("seq").last()
    with tampering():
        Event.objects.filter(pk=last.pk).update(order=order, seq=order.events.count() + 1)
    assert {each.split()[0] for each in findings("broken_trails")} == {order.number, other.number}


def forge_movement(order: Order) -> None:
    with tampering():
        StockMovement.objects.filter(kind="RECEIVE", stock_item__product__sku="MUG-01").update(
            quantity=7, on_hand_delta=7
        )


def drop_movement(order: Order) -> None:
    with tampering():
        StockMovement.objects.filter(kind="RESERVE", order_line__order=order, quantity=2)._raw_delete("default")


UNTRUE: dict[str, tuple[Callable[[Order], Any], set[str]]] = {
    "an edited movement": (forge_movement, {"MUG-01 in MAIN, on hand", "MUG-01 in MAIN A-01-01, in the bin"}),
    "a movement taken away": (drop_movement, {"MUG-01 in MAIN, reserved"}),
    "a balance": (
        lambda _: StockItem.objects.filter(product__sku="MUG-01").update(on_hand=9),
        {"MUG-01 in MAIN, on hand", "MUG-01 in MAIN, on hand by what lies in the bins"},
    ),
    "a bin": (
        lambda _: BinStock.objects.filter(product__sku="MUG-01", bin__code="A-01-01").delete(),
        {"MUG-01 in MAIN A-01-01, in the bin", "MUG-01 in MAIN, on hand by what lies in the bins"},
    ),
    "a reservation": (
        lambda _: Reservation.objects.filter(status="OPEN").update(quantity=2),
        {"TEA-01 in MAIN, reserved for shipments", "{other}-1 line 1, reserved for it"},
    ),
    "a line": (
        lambda order: OrderLine.objects.filter(order=order, number=1).update(delivered=0, waiting=2),
        {"{order} line 1, in shipments that left"},
    ),
    "an order's status": (lambda order: Order.objects.filter(pk=order.pk).update(status="DELIVERED"), {"{order}"}),
    "a shipment's status": (
        lambda order: Shipment.objects.filter(number=f"{order.number}-2").update(status="READY"),
        {
            "{order}",
            "{order} line 1, in shipments that left",
            "{order} line 1, reserved in shipments",
            "{order} line 1, picked in shipments",
            "{order} line 1, packed in shipments",
            "MUG-01 in MAIN, at packing",
            "{order}-2 line 1, reserved for it",
        },
    ),
    "the units in a parcel": (lambda _: ParcelLine.objects.update(quantity=1), {"{order}-2 line 1"}),
}


@pytest.mark.parametrize(("forge", "subjects"), UNTRUE.values(), ids=UNTRUE)
def test_a_number_or_status_that_does_not_follow_is_named(
    order: Order, forge: Callable[[Order], Any], subjects: set[str]
) -> None:
    other = Order.objects.exclude(pk=order.pk).get()
    forge(order)
    expected = {subject.format(order=order.number, other=other.number) for subject in subjects}
    assert (set(findings()), exit_code("audit")) == (expected, int(bool(expected)))


def test_a_missing_trigger_is_named_and_the_finding_closes_once_it_stands(order: Order) -> None:
    connection.check_constraints()
    with lifted(connection):
        names = set(findings("missing_guards"))
    assert {"orders_event_no_update", "fulfillment_stockmovement_no_delete"} < names
    assert len(names) == 10
    run_audit()
    assert set(Finding.objects.values_list("status", flat=True)) == {"RESOLVED"}


def test_an_order_that_was_forgotten_is_a_warning(order: Order, shop: Shop) -> None:
    shop.receive(shop.teapot, 5)
    assert findings() == {}
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        run = run_audit(["forgotten_orders"])
    assert (run.errors, run.warnings) == (0, 1)
    assert Finding.objects.get().subject == f"{order.number} line 2"
    assert exit_code("audit", "--check", "forgotten_orders") == 0


def test_a_parcel_that_needs_a_person_is_a_warning_until_nothing_is_doubtful(order: Order) -> None:
    parcel = Parcel.objects.get()
    tracker = Tracker.objects.create(parcel=parcel, needs_review=["reopened", "time_suspect"])
    doubts = "Look at it: it moves again after it had come to its end, a scan's time cannot be right."
    assert findings() == {parcel.number: doubts}
    assert exit_code("audit") == 0
    with time_machine.travel(timezone.now() + timedelta(days=91)):
        assert findings("parcels_to_review") == {}, "of what left so long ago nobody learns anything"
    Tracker.objects.filter(pk=tracker.pk).update(needs_review=[])
    assert findings() == {}


def test_a_lost_parcel_is_a_warning_that_names_its_order(order: Order) -> None:
    parcel = Parcel.objects.get()
    Tracker.objects.create(parcel=parcel, status="LOST")
    lost = {parcel.number: f"The carrier lost it; order {order} waits for it."}
    assert findings("lost_parcels") == lost
    reship = Reship.objects.create(order=order, parcel=parcel, cause="LOST")
    assert findings("lost_parcels") == lost
    with time_machine.travel(timezone.now() + timedelta(days=91)):
        assert findings("lost_parcels") == {}
    decline_reship(reship, by=ALICE)
    assert findings("lost_parcels") == {}, "somebody decided it"


def test_a_parcel_that_is_not_what_was_said_of_it_is_named_until_it_is_folded_again(shop: Shop) -> None:
    shop.receive(shop.mug, 2)
    for number in ("1", "2"):
        ship_shipment(shipment(shop.order((shop.mug, 1))), by=ALICE, parcels=[ParcelDraft("dhl", number)])
        take_carrier_events([said(number)], by=ALICE)
    assert findings("untrue_trackers") == {}
    wrong = Tracker.objects.order_by("pk")[0]
    Tracker.objects.filter(pk=wrong.pk).update(status="DELIVERED", attempts=2, needs_review=["time_suspect"])
    named = {wrong.parcel.number: "By all that was said of it, this is another: attempts, status."}
    assert findings("untrue_trackers") == named
    assert exit_code("audit", "--check", "untrue_trackers") == 1
    change = Remapping.objects.create(provider="generic", field="status", code="zz9", by=str(ALICE))
    assert findings("untrue_trackers") == {}, "while history follows a change, nothing can be said"
    Remapping.objects.filter(pk=change.pk).update(at=timezone.now() - timedelta(hours=2))
    assert findings("untrue_trackers") == named
    assert [each.changed for each in replay_everything(by=ALICE)] == [1]
    assert findings("untrue_trackers") == {}


def test_only_the_newest_parcels_are_folded_to_compare_them(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracking.audit.NEWEST", 4)
    monkeypatch.setattr("tracking.audit.FOLDED", 2)
    shop.receive(shop.mug, 6)
    for number in range(6):
        ship_shipment(shipment(shop.order((shop.mug, 1))), by=ALICE, parcels=[ParcelDraft("dhl", str(number))])
        take_carrier_events([said(str(number))], by=ALICE)
    Tracker.objects.update(status="LOST")
    newest = Tracker.objects.order_by("-pk").values_list("parcel__number", flat=True)[:4]
    assert set(findings("untrue_trackers")) == set(newest)


def test_a_finding_is_opened_seen_again_and_closes_by_itself(order: Order) -> None:
    StockItem.objects.filter(product__sku="MUG-01").update(on_hand=9)
    with time_machine.travel(timezone.now() - timedelta(hours=2)):
        run_audit()
    on_hand = Finding.objects.filter(subject="MUG-01 in MAIN, on hand")
    first = on_hand.get()
    Finding.objects.update(status="ACKNOWLEDGED")
    StockItem.objects.filter(product__sku="MUG-01").update(on_hand=8)
    run = run_audit()
    again = on_hand.get()
    assert (again.status, again.found_at, again.seen_at > first.seen_at) == ("ACKNOWLEDGED", first.found_at, True)
    assert again.message == "It is 8; by the rows it follows from it is 3."
    assert (run.errors, run.checks["ledger_differences"]["found"]) == (2, 2), "and by what lies in the bins"

    run_audit(["broken_trails"])  # says nothing of the ledger
    assert on_hand.get().status == "ACKNOWLEDGED"
    StockItem.objects.filter(product__sku="MUG-01").update(on_hand=3)
    run_audit(["ledger_differences"])
    closed = on_hand.get()
    assert (closed.status, closed.resolved_at is not None) == ("RESOLVED", True)
    StockItem.objects.filter(product__sku="MUG-01").update(on_hand=9)
    run_audit()
    assert sorted(on_hand.values_list("status", flat=True)) == ["OPEN", "RESOLVED"]


def test_the_audit_tells_programs_in_json(order: Order, capsys: Any) -> None:
    assert exit_code("audit", "--json", "--check", "broken_trails", "missing_guards") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["errors"], list(report["checks"]), report["findings"]) == (
        0,
        ["broken_trails", "missing_guards"],
        [],
    )
    Order.objects.filter(pk=order.pk).update(status="CONFIRMED")
    assert exit_code("audit", "--json") == 1
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert finding == {
        "check": "untrue_order_statuses",
        "severity": "ERROR",
        "subject": order.number,
        "message": "The order is confirmed; by its shipments it is partly shipped.",
    }


def test_an_unknown_check_is_told_of_and_nothing_is_run(order: Order) -> None:
    with pytest.raises(CommandError, match="There is no check trails") as refusal:
        call_command("audit", "--check", "broken_trails", "trails")
    assert (refusal.value.returncode, AuditRun.objects.count()) == (2, 0)
    with pytest.raises(NoSuchCheck):
        run_audit(["trails"])


def test_every_check_has_a_name_of_its_own() -> None:
    from importlib import import_module

    names = [
        check.name
        for app in ("orders", "fulfillment", "tracking", "notifications")
        for check in import_module(f"{app}.audit").CHECKS
    ]
    assert len(names) == len(set(names)) == len(set(names) & set(all_checks()))


def test_orders_are_read_in_pieces_and_none_is_left_out(order: Order, shop: Shop, monkeypatch: Any) -> None:
    monkeypatch.setattr("orders.audit.CHUNK", 2)
    for _ in range(4):
        shop.order((ProductFactory(), 1))
    with tampering():
        Event.objects.filter(kind="order.placed").update(by="user:9")
    assert len(findings("broken_trails")) == Order.objects.count() == 6
