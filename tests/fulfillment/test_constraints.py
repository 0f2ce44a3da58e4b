"""What cannot be, the database itself refuses: whoever writes it, and past every service."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from fulfillment import ledger
from fulfillment.ledger.posting import post
from fulfillment.models import (
    Bin,
    Count,
    Manifest,
    Parcel,
    PickTask,
    Return,
    Scan,
    Shipment,
    StockItem,
    StockMovement,
)
from fulfillment.services import pick_shipment
from fulfillment.services.counts import ask_count
from fulfillment.services.returns import request_return
from fulfillment.services.waves import release_wave
from tests.factories import ALICE, BOB, Shop, shipment

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TWO = {"on_hand": 2, "reserved": 2, "blocked": 2}


@pytest.fixture
def ends(shop: Shop) -> dict[str, Any]:
    """A shelf, the packing station, and a line, half of it packed: what movements speak of."""
    shop.receive(shop.mug, 10)
    line = shop.order((shop.mug, 4)).lines.get()
    pick_shipment(shipment(line.order), by=ALICE, lines={line.number: 2})
    ledger.pack({shipment(line.order).lines.get(): 2})
    named = {place.code: place for place in Bin.objects.filter(warehouse=shop.warehouse)}
    return {"shelf": named["A-01-01"], "stage": named["STAGE"], "line": line, None: None}


def entry(ends: dict[str, Any], kind: str, source: str | None, target: str | None, **more: Any) -> StockMovement:
    """Two units, as a movement of this kind would have them."""
    deltas = {f"{column}_delta": more.pop(column, 0) for column in TWO}
    named = {"from_bin": ends[source], "to_bin": ends[target], "order_line": more.pop("line", ends["line"])}
    about = {"operation": str(uuid4()), "n": 0, "cause": "a test", "by": str(ALICE)}
    return StockMovement(kind=kind, stock_item=StockItem.objects.get(), quantity=2, **about, **deltas, **named)


def books() -> tuple[Any, ...]:
    return (StockMovement.objects.count(), *StockItem.objects.values_list("on_hand", "reserved", "blocked"))


ALLOWED = {
    "RECEIVE": [(None, "shelf", {"on_hand": 2}), (None, "shelf", {"on_hand": 2, "blocked": 2})],
    "RESERVE": [(None, None, {"reserved": 2})],
    "RELEASE": [(None, None, {"reserved": -2})],
    "PICK": [("shelf", "stage", {})],
    "SHIP": [("stage", None, {"on_hand": -2, "reserved": -2})],
    "MOVE": [("stage", "shelf", {}), ("shelf", "stage", {"blocked": 2})],
    "ADJUST": [(None, "shelf", {"on_hand": 2}), ("shelf", None, {"on_hand": -2})],
}
ENDS = [(source, target) for source in (None, "shelf", "stage") for target in (None, "shelf", "stage")]


def test_each_kind_may_do_what_the_ledger_does(ends: dict[str, Any], subtests: Any) -> None:
    for kind, rows in ALLOWED.items():
        for source, target, deltas in rows:
            with subtests.test(f"{kind} {source} {target}"), transaction.atomic():
                entry(ends, kind, source, target, **deltas).save()
                assert StockMovement.objects.filter(kind=kind, by=str(ALICE), cause="a test").exists()
                transaction.set_rollback(True)


def _impossible() -> Iterator[tuple[str, str | None, str | None, dict[str, Any]]]:
    for kind, rows in ALLOWED.items():
        usual = {(source is None, target is None) for source, target, _ in rows}
        deltas = rows[0][2]
        yield from ((kind, *end, deltas) for end in ENDS if (end[0] is None, end[1] is None) not in usual)
        source, target, _ = rows[0]
        yield from ((kind, source, target, deltas | {column: 1}) for column in TWO)
        if kind in {"PICK", "MOVE"}:
            yield kind, "shelf", "shelf", deltas
        if kind in {"RESERVE", "RELEASE", "PICK", "SHIP"}:
            yield kind, source, target, deltas | {"line": None, "blocked": 0}
        if kind in {"RESERVE", "RELEASE", "PICK", "SHIP"}:
            yield kind, source, target, deltas | {"blocked": 2}
    yield "RECEIVE", None, "shelf", {"on_hand": 2, "blocked": -2}
    yield "ADJUST", None, "shelf", {"on_hand": 2, "blocked": -2}
    yield "ADJUST", "shelf", None, {"on_hand": -2, "blocked": 2}


def test_no_movement_does_what_its_kind_does_not(ends: dict[str, Any], subtests: Any) -> None:
    before, refused_by = books(), r"movement_(does_what_its_kind_says|for_a_line)"
    for kind, source, target, deltas in _impossible():
        with subtests.test(f"{kind} {source} {target} {deltas}"):
            with pytest.raises(IntegrityError, match=refused_by), transaction.atomic():
                entry(ends, kind, source, target, **deltas).save()
            assert books() == before
    assert list(ledger.verify()) == []


LACKING: dict[str, tuple[str, str | None, str | None, dict[str, int]]] = {
    "promised": ("ADJUST", "shelf", None, {"on_hand": -7}),
    "not on hand": ("ADJUST", "shelf", None, {"on_hand": -11}),
    "not in the bin": ("MOVE", "shelf", "stage", {"quantity": 9}),
    "not blocked": ("MOVE", "shelf", "stage", {"blocked": -2}),
}
MISTAKEN: dict[str, tuple[str, str | None, str | None, dict[str, int]]] = {
    "more shipped than packed": ("SHIP", "stage", None, {"on_hand": -3, "reserved": -3}),
    "more picked than reserved": ("PICK", "shelf", "stage", {"quantity": 3}),
    "more released than kept": ("RELEASE", None, None, {"reserved": -5}),
}


@pytest.mark.parametrize("lack", LACKING)
def test_what_is_not_there_is_told_as_that(ends: dict[str, Any], lack: str) -> None:
    before = books()
    with pytest.raises(ledger.NotEnoughStock), transaction.atomic():
        post([of_size(ends, *LACKING[lack])])
    assert books() == before


@pytest.mark.parametrize("mistake", MISTAKEN)
def test_a_mistake_of_the_ledger_is_not_told_as_a_lack_of_stock(ends: dict[str, Any], mistake: str) -> None:
    before = books()
    with pytest.raises(IntegrityError), transaction.atomic():
        post([of_size(ends, *MISTAKEN[mistake])])
    assert books() == before
    assert list(ledger.verify()) == []


def of_size(
    ends: dict[str, Any], kind: str, source: str | None, target: str | None, numbers: dict[str, int]
) -> StockMovement:
    """Return an entry of as many units as its numbers say."""
    row = entry(ends, kind, source, target, **{key: count for key, count in numbers.items() if key != "quantity"})
    row.quantity = max(abs(count) for count in numbers.values())
    row.cause = ends["line"].shipment_lines.get().shipment.number
    return row


def refused(name: str, rows: models.QuerySet[Any], **values: Any) -> None:
    """Say that the rows are there, and that the database keeps them as they are."""
    before = list(rows.order_by("pk").values())
    assert before
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        rows.update(**values)
    assert list(rows.order_by("pk").values()) == before


@pytest.mark.parametrize(
    "values",
    [
        {"reason": "EMPTY"},
        {"status": "DONE", "picked": 2, "reason": "EMPTY"},
        {"status": "SHORT"},
        {"status": "SHORT", "reason": "TIRED"},
    ],
)
def test_a_task_is_short_for_a_reason_and_no_other_has_one(shop: Shop, values: dict[str, Any]) -> None:
    shop.receive(shop.mug, 2)
    shop.order((shop.mug, 2))
    release_wave(shop.warehouse, by=ALICE)
    refused("task_short_for_a_reason", PickTask.objects.all(), **values)


def test_a_return_has_one_of_the_reasons(shop: Shop) -> None:
    shop.receive(shop.mug, 2)
    order = shop.order((shop.mug, 2))
    order.lines.update(reserved=0, shipped=2)
    request_return(order, by=ALICE)
    refused("return_reason", Return.objects.all(), reason="BORED")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("count_counted_stamp", {"counted_by": "user:1"}),
        ("count_counted_stamp", {"counted_at": NOW}),
        ("count_approved_stamp", {"approved_by": "user:2"}),
        ("count_approved_stamp", {"approved_at": NOW}),
        ("count_approved_stamp", {"approved_by": "user:2", "approved_at": NOW}),
        ("count_applied_stamp", {"applied_at": NOW}),
        ("count_stamped_as_far_as_it_is", {"status": "COUNTED"}),
        ("count_stamped_as_far_as_it_is", {"status": "RECOUNT"}),
        ("count_stamped_as_far_as_it_is", {"counted_by": "user:1", "counted_at": NOW}),
        ("count_stamped_as_far_as_it_is", {"status": "APPROVED", "counted_by": "user:1", "counted_at": NOW}),
    ],
)
def test_a_count_is_stamped_as_far_as_it_has_come(shop: Shop, name: str, values: dict[str, Any]) -> None:
    ask_count(shop.warehouse, product=shop.mug, by=BOB)
    refused(name, Count.objects.all(), **values)


def test_only_what_left_is_on_a_manifest(shop: Shop) -> None:
    shop.receive(shop.mug, 2)
    Parcel.objects.create(shipment=shipment(shop.order((shop.mug, 2))), number="P-1", packed_at=NOW)
    manifest = Manifest.objects.create(warehouse=shop.warehouse, carrier="dhl", by=str(ALICE))
    refused("parcel_left_before_its_manifest", Parcel.objects.all(), manifest=manifest)


def scanned(order_shipment: Shipment, **more: Any) -> Scan:
    about = {
        "operation": uuid4(),
        "step": "PICK",
        "result": "RIGHT",
        "by": str(ALICE),
        "at": NOW - timedelta(minutes=1),
    }
    return Scan.objects.create(shipment=order_shipment, **about | more)


def test_what_takes_a_scan_back_says_which_and_nothing_else_does(shop: Shop) -> None:
    shop.receive(shop.mug, 2)
    picked = shipment(shop.order((shop.mug, 2)))
    first, second = scanned(picked), scanned(picked)
    refused("scan_undone_by_what_takes_it_back", Scan.objects.filter(pk=second.pk), undoes=first)
    refused("scan_undone_by_what_takes_it_back", Scan.objects.filter(pk=second.pk), result="UNDONE")
    assert scanned(picked, step="LOAD", result="UNDONE").undoes is None, "out of the van again: a state, not a scan"
