"""Messages that fit no parcel, or more than one: how they are looked for, and what a person can do."""

from copy import copy
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format

from fulfillment import ledger
from fulfillment.models import Parcel, Shipment, Staff, Warehouse
from fulfillment.services import retry_inbox
from orders.lifecycle import AlreadyApplied
from orders.models import Event, Inbox, Order
from tests.factories import BOB, Shop
from tests.hooks import Carrier, event
from tests.plans import plans_of, reads_whole
from tests.senders import Sender
from tests.staff import client_of, flashes, user_of
from tests.tracking.payloads import PAYLOADS, steps
from tests.tracking.test_understand import NOW, ago, at_once, shipped, take
from tracking.models import CarrierEvent, Snapshot, Tracker
from tracking.services import (
    NotMeant,
    NotTheirs,
    NotUnclear,
    adopt_unmatched,
    forget_unmatched,
    identify_message,
    put_message_aside,
    understand_inbox,
)
from tracking.services import fold as folding
from tracking.services.match import candidates

pytestmark = pytest.mark.django_db
KIND = "parcel.identified"


# --- looking for its parcel -----------------------------------------------------------------------------------------


def many(order: Order, count: int) -> None:
    """Add copies of an order that left in one parcel."""
    orders = copies([order] * count, number="number", external_id="external_id")
    shipments = copies([order.shipments.get()] * count, order=orders, number="number")
    parcel = Parcel.objects.get(shipment__order=order)
    copies([parcel] * count, shipment=shipments, number="number", tracking_key="tracking_key")


def copies(things: list[Any], **others: Any) -> list[Any]:
    """Copy rows; each of `others` is what the copies hold instead, or the name of a column to be made unique."""
    rows = []
    for place, thing in enumerate(things):
        row = copy(thing)
        row.pk = None
        for name, given in others.items():
            setattr(row, name, f"{getattr(thing, name)}-{place}" if isinstance(given, str) else given[place])
        rows.append(row)
    return list(type(things[0])._base_manager.bulk_create(rows, batch_size=500))


@pytest.mark.django_db(transaction=True)
def test_no_parcel_but_those_of_its_number_is_looked_at_for_a_message(shop: Shop, is_postgres: bool) -> None:
    many(shipped(shop, "JD1"), 3_000 if is_postgres else 3)
    assert take(event("JD2", at=ago(2)), event("JD3", at=ago(1))) == ["unmatched", "unmatched"]
    if is_postgres:  # it plans by the rows there are; SQLite, where nobody says ANALYZE, by the indexes
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    plans = plans_of(adopt_unmatched, is_small=False)
    parcels = {"fulfillment_parcel", "U0"}  # as SQLite calls it in the subqueries
    assert (len(plans), [plan for plan in plans if reads_whole(plan, parcels)]) == (1, [])


def test_what_never_matches_keeps_nobody_waiting_for_ever(shop: Shop) -> None:
    for number in ("JD1", "JD2", "JD3"):
        Parcel.objects.filter(shipment__order=shipped(shop, number)).update(carrier="ups")
    sender = Sender("easypost")
    for number in ("JD1", "JD2", "JD3", "JD4"):  # three of DHL, as it says, whose numbers are of parcels of UPS
        sender.send(PAYLOADS["easypost"](number, steps("accepted", "out", start=ago(10))))
        understand_inbox()
    shipped(shop, "JD4")
    assert [adopt_unmatched(limit=2) for _ in range(3)] == [0, 1, 0]
    assert Tracker.objects.get().parcel.tracking_number == "JD4"
    assert Snapshot.objects.filter(tracker=None).count() == 3, "and they are kept, should their parcels come"


def test_where_all_of_it_is_looked_at_nothing_is_written(shop: Shop) -> None:
    Parcel.objects.filter(shipment__order=shipped(shop, "JD1")).update(carrier="ups")
    Sender("easypost").send(PAYLOADS["easypost"]("JD1", steps("accepted", start=ago(10))))
    understand_inbox()
    adopt_unmatched()
    assert Snapshot.objects.get().tried_at is None


# --- a person says which ---------------------------------------------------------------------------------------------


def two(shop: Shop) -> tuple[Parcel, Parcel]:
    """Return two parcels of two orders that carry one number."""
    one, other = (Parcel.objects.get(shipment__order=shipped(shop, "JD1")) for _ in range(2))
    return one, other


def everything() -> tuple[Any, ...]:
    return (
        list(Snapshot.objects.order_by("pk").values_list("tracker", "is_ambiguous")),
        list(Tracker.objects.order_by("pk").values_list("parcel", "status", "timeline")),
        Event.objects.count(),
        list(Inbox.objects.values_list("status", "note")),
    )


def test_what_a_person_says_is_folded_recorded_and_clears_the_inbox(shop: Shop) -> None:
    one, other = two(shop)
    carrier = Carrier()
    carrier.send(event("JD1", "DELIVERED", ago(1)))
    understand_inbox()
    message = Snapshot.objects.get()
    assert (message.is_ambiguous, list(candidates(message)), Inbox.objects.get().status) == (
        True,
        [one, other],
        "QUARANTINED",
    )
    assert identify_message(message, other.number, by=BOB, now=NOW) == 1
    message.refresh_from_db()
    assert (Tracker.objects.get().parcel, message.tracker, message.is_ambiguous) == (
        other,
        Tracker.objects.get(),
        False,
    )
    assert dict(Order.objects.values_list("pk", "status")) == {one.order.pk: "SHIPPED", other.order.pk: "DELIVERED"}
    said = other.order.events.get(kind="parcel.identified")
    assert (said.by, said.facts) == (str(BOB), {"parcel": other.number, "messages": 1})
    assert other.order.events.get(kind="parcel.delivered").by == message.source
    assert understand_inbox() == 1
    assert (Inbox.objects.get().status, Inbox.objects.get().problems) == ("PROCESSED", [])
    assert Tracker.objects.filter(parcel=one).count() == 0


def test_what_is_alike_goes_with_it_only_if_it_is_said(shop: Shop) -> None:
    one, other = two(shop)
    take(
        event("JD1", "IN_TRANSIT", ago(9)), event("JD1", "OUT_FOR_DELIVERY", ago(5)), event("JD1", "DELIVERED", ago(3))
    )
    first, second = (Snapshot.objects.get(scans__raw_status=each) for each in ("IN_TRANSIT", "OUT_FOR_DELIVERY"))
    assert identify_message(first, one.number, by=BOB, now=NOW) == 1
    assert [line["status"] for line in Tracker.objects.get().timeline] == ["IN_TRANSIT"]
    assert identify_message(second, other.number, by=BOB, has_alike=True, now=NOW) == 2
    assert (len(Tracker.objects.get(parcel=other).timeline), Snapshot.objects.unclear().count()) == (2, 0)


def test_what_its_source_calls_by_one_id_is_one_parcel_then_and_later(shop: Shop) -> None:
    one, _ = two(shop)
    sender = Sender("easypost")
    for phases in (("accepted",), ("accepted", "moving")):
        sender.send(PAYLOADS["easypost"]("JD1", steps(*phases, start=ago(20), hours=1)))
    understand_inbox()
    assert Snapshot.objects.unclear().count() == 2
    assert identify_message(Snapshot.objects.first(), one.number, by=BOB, now=NOW) == 2
    sender.send(PAYLOADS["easypost"]("JD1", steps("accepted", "moving", "out", start=ago(20), hours=1)))
    assert understand_inbox() == 3  # two of them were read again
    assert set(Inbox.objects.values_list("status", flat=True)) == {"PROCESSED"}
    assert Snapshot.objects.filter(tracker__parcel=one).count() == 3


def test_what_cannot_be_said_is_refused_and_nothing_happens(shop: Shop) -> None:
    one, other = two(shop)
    stranger = Parcel.objects.get(shipment__order=shipped(shop, "JD2"))
    take(event("JD1"), event("JD2"))
    unclear, clear = Snapshot.objects.order_by("tracking_key")
    before = everything()
    for message, number, refusal in (
        (unclear, stranger.number, NotMeant),
        (unclear, "", NotMeant),
        (clear, stranger.number, NotUnclear),
    ):
        with pytest.raises(refusal):
            identify_message(message, number, by=BOB)
        assert everything() == before
    identify_message(unclear, one.number, by=BOB, operation="press")
    before = everything()
    for number, refusal_ in ((one.number, AlreadyApplied), (other.number, NotUnclear)):
        with pytest.raises(refusal_):
            identify_message(unclear, number, by=BOB, operation="press")
        assert everything() == before


def test_where_the_fold_fails_nothing_was_said(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    one, _ = two(shop)
    take(event("JD1"))
    before = everything()

    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(folding, "project", fail)
    with pytest.raises(ZeroDivisionError):
        identify_message(Snapshot.objects.get(), one.number, by=BOB)
    assert everything() == before


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_say_it_once(shop: Shop) -> None:
    parcels = two(shop)
    take(event("JD1"))
    message = Snapshot.objects.get()

    numbers = iter([each.number for each in parcels])

    def say() -> str:
        try:
            return str(identify_message(message, next(numbers), by=BOB))
        except NotUnclear as refusal:
            return refusal.code

    assert sorted(at_once(2, say)) == ["1", "not_unclear"]
    assert (Tracker.objects.filter(snapshots=message).count(), Event.objects.filter(kind=KIND).count()) == (1, 1)


# --- tried again -----------------------------------------------------------------------------------------------------


def quarantined(carrier: Carrier) -> Inbox:
    carrier.send(event("JD1", "DELIVERED", ago(1)))
    understand_inbox()
    row = Inbox.objects.get()
    assert row.status == "QUARANTINED"
    return row


def test_what_is_still_unclear_when_tried_again_is_still_said_to_be(shop: Shop) -> None:
    two(shop)
    row = quarantined(Carrier())
    before = list(Snapshot.objects.values_list("is_ambiguous", "tracker")), row.problems
    for mended in (None, bytes(row.raw)):
        retry_inbox(row, by=BOB, mended=mended)
        assert understand_inbox() == 1
        row = Inbox.objects.get()
        assert (row.status, row.note) == ("QUARANTINED", "1 of 1 events need a person.")
        assert (list(Snapshot.objects.values_list("is_ambiguous", "tracker")), row.problems) == before
    assert take(event("JD1", "DELIVERED", ago(9))) == take(event("JD1", "DELIVERED", ago(9))) == ["unmatched"]


def test_what_is_clear_by_now_is_matched_when_tried_again(shop: Shop) -> None:
    one, other = two(shop)
    row = quarantined(Carrier())
    Parcel.objects.filter(pk=one.pk).update(tracking_key="JD9")
    retry_inbox(row, by=BOB)
    understand_inbox()
    assert (Inbox.objects.get().status, Tracker.objects.get().parcel) == ("PROCESSED", other)
    assert Tracker.objects.get().status == "DELIVERED"


def test_a_mended_text_takes_the_place_of_what_was_unclear(shop: Shop) -> None:
    two(shop)
    clear = Parcel.objects.get(shipment__order=shipped(shop, "JD2"))
    row = quarantined(Carrier())
    retry_inbox(row, by=BOB, mended=bytes(row.raw).replace(b"JD1", b"JD2"))
    understand_inbox()
    assert (Inbox.objects.get().status, Tracker.objects.get().parcel) == ("PROCESSED", clear)
    assert (Snapshot.objects.get().tracking_key, CarrierEvent.objects.count()) == ("JD2", 1)


def test_what_waits_for_a_person_is_not_forgotten_unread(shop: Shop) -> None:
    two(shop)
    take(event("JD1"), event("JD3"), now=NOW - timedelta(days=31))
    assert (forget_unmatched(), Snapshot.objects.get().tracking_key) == (1, "JD1")


# --- on the page -----------------------------------------------------------------------------------------------------


def test_the_page_names_what_it_could_be_and_takes_the_word(shop: Shop) -> None:
    one, other = two(shop)
    row = quarantined(Carrier())
    client, message = client_of("support"), Snapshot.objects.get()
    page = f"/admin/tracking/snapshot/{message.pk}/change/"
    assert f'href="{page}"' in client.get(f"/admin/orders/inbox/{row.pk}/change/").content.decode()
    assert "matched=unclear" in client.get("/admin/").content.decode()
    assert list(client.get("/admin/tracking/snapshot/?matched=unclear").context["cl"].result_list) == [message]
    assert client.get("/admin/tracking/snapshot/?matched=no").context["cl"].result_list == []
    shown = client.get(page).content.decode()
    day = date_format(timezone.localtime(one.shipped_at), "j M Y")
    assert f"{one.number} · DHL · left {day} · to Madrid" in shown
    url = f"/admin/tracking/snapshot/{message.pk}/do/identify/"
    assert client.post(url, {"operation": uuid4(), "parcel": ""}).status_code == 422
    wrong = client.post(url, {"operation": uuid4(), "parcel": "OT-1"})
    assert (wrong.status_code, "cannot mean that parcel" in wrong.content.decode()) == (409, True)
    said = flashes(client.post(url, {"operation": uuid4(), "parcel": other.number}))[-1]
    assert (said, Tracker.objects.get().parcel) == (f"It is of parcel {other.number} now.", other)
    assert "Say which parcel it means" not in flashes(client.get(page))
    assert "matched=unclear" not in client.get("/admin/").content.decode()


def test_who_may_not_say_it_is_not_asked(shop: Shop) -> None:
    one, _ = two(shop)
    take(event("JD1"))
    before, client = everything(), client_of("auditor")
    url = f"/admin/tracking/snapshot/{Snapshot.objects.get().pk}/"
    assert "do/identify/" not in client.get(f"{url}change/").content.decode()
    assert client.post(f"{url}do/identify/", {"operation": uuid4(), "parcel": one.number}).status_code == 403
    assert client.post(f"{url}do/aside/", {"operation": uuid4(), "reason": "Not ours."}).status_code == 403
    assert everything() == before


# --- put aside -------------------------------------------------------------------------------------------------------


def test_what_means_no_parcel_of_ours_leaves_the_queue_and_stays_out(shop: Shop) -> None:
    one, _ = two(shop)
    row, message = quarantined(carrier := Carrier()), Snapshot.objects.get()
    assert put_message_aside(message, by=BOB, reason="Of the shop next door.") == 1
    message.refresh_from_db()
    assert (message.is_ambiguous, message.aside_by, message.aside_why) == (False, str(BOB), "Of the shop next door.")
    assert understand_inbox() == 1
    row.refresh_from_db()
    assert (row.status, row.problems) == ("PROCESSED", [])
    assert (adopt_unmatched(now=NOW), Snapshot.objects.unclear().count(), Tracker.objects.count()) == (0, 0, 0)
    carrier.post(bytes(row.raw), carrier.headers(bytes(row.raw)))
    assert understand_inbox() == 1
    assert (Snapshot.objects.unclear().count(), Snapshot.objects.count(), Tracker.objects.count()) == (0, 1, 0)
    before = everything()
    for act in (
        lambda: put_message_aside(message, by=BOB, reason="Twice."),
        lambda: identify_message(message, one.number, by=BOB),
    ):
        with pytest.raises(NotUnclear):
            act()
        assert everything() == before
    assert Snapshot.objects.get().aside_why == "Of the shop next door."
    assert forget_unmatched(now=timezone.now() + timedelta(days=31)) == 1


def test_the_others_of_its_number_are_put_aside_only_if_it_is_said(shop: Shop) -> None:
    two(shop)
    codes = ("IN_TRANSIT", "OUT_FOR_DELIVERY", "DELIVERED")
    take(*(event("JD1", code, ago(9 - place)) for place, code in enumerate(codes)))
    assert put_message_aside(Snapshot.objects.unclear()[0], by=BOB, reason="Not ours.") == 1
    client, message = client_of("support"), Snapshot.objects.unclear()[0]
    url = f"/admin/tracking/snapshot/{message.pk}/"
    assert client.post(f"{url}do/aside/", {"operation": uuid4(), "reason": ""}).status_code == 422
    assert Snapshot.objects.unclear().count() == 2
    data = {"operation": uuid4(), "reason": "Not ours.", "has_alike": "on"}
    assert flashes(client.post(f"{url}do/aside/", data))[-1] == "It is put aside, and 1 other message with it."
    assert Snapshot.objects.unclear().count() == 0
    page = client.get(f"{url}change/").content.decode()
    assert ("None of ours" in page, "Not ours." in page) == (True, True)
    listed = [
        len(client.get(f"/admin/tracking/snapshot/?matched={which}").context["cl"].result_list)
        for which in ("unclear", "no", "aside")
    ]
    assert listed == [0, 0, 3]
    assert "already" in flashes(client.post(f"{url}do/aside/", data | {"operation": uuid4()}))[-1]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_does(shop: Shop) -> None:
    one, _ = two(shop)
    take(event("JD1"))
    message, acts = Snapshot.objects.get(), iter([True, False])

    def decide() -> str:
        try:
            if next(acts):
                return str(identify_message(message, one.number, by=BOB))
            return str(put_message_aside(message, by=BOB, reason="Not ours."))
        except NotUnclear as refusal:
            return refusal.code

    assert sorted(at_once(2, decide)) == ["1", "not_unclear"]
    message.refresh_from_db()
    assert bool(message.aside_by) != (message.tracker is not None)


def test_putting_many_aside_asks_as_often_as_putting_two_aside(shop: Shop) -> None:
    two(shop)
    mine = Warehouse.objects.filter(pk=shop.warehouse.pk)

    def statements(count: int) -> int:
        take(*(event("JD1", at=ago(20 * count + place)) for place in range(count)))
        with CaptureQueriesContext(connection) as told:
            aside = put_message_aside(
                Snapshot.objects.unclear()[0], by=BOB, reason="Not ours.", among=mine, has_alike=True
            )
        assert aside == count
        return len(told)

    assert statements(2) == statements(6)


def test_what_could_be_of_another_warehouse_is_not_put_aside_here(shop: Shop) -> None:
    _, other = two(shop)
    take(event("JD1"))
    Shipment.objects.filter(pk=other.shipment_id).update(warehouse=ledger.open_warehouse("FAR"))
    client, message = client_of("support"), Snapshot.objects.get()
    Staff.objects.get_or_create(user=user_of("support"))[0].warehouses.set([shop.warehouse])
    before, url = everything(), f"/admin/tracking/snapshot/{message.pk}/"
    assert "It could mean a parcel that left another warehouse" in client.get(f"{url}change/").content.decode()
    client.post(f"{url}do/aside/", {"operation": uuid4(), "reason": "Not ours."})
    with pytest.raises(NotTheirs):
        put_message_aside(message, by=BOB, reason="Not ours.", among=Warehouse.objects.filter(pk=shop.warehouse.pk))
    assert everything() == before


def test_only_parcels_of_ones_own_warehouses_are_named_and_taken(shop: Shop) -> None:
    one, other = two(shop)
    far = ledger.open_warehouse("FAR")
    Shipment.objects.filter(pk=other.shipment_id).update(warehouse=far)
    take(event("JD1"))
    client, message = client_of("support"), Snapshot.objects.get()
    url = f"/admin/tracking/snapshot/{message.pk}/"
    assert other.number in client.get(f"{url}change/").content.decode()
    Staff.objects.get_or_create(user=user_of("support"))[0].warehouses.set([shop.warehouse])
    page = client.get(f"{url}change/").content.decode()
    assert (one.number in page, other.number in page) == (True, False)
    before = everything()
    answer = client.post(f"{url}do/identify/", {"operation": uuid4(), "parcel": other.number})
    assert (answer.status_code, everything()) == (409, before)
    Shipment.objects.filter(pk=one.shipment_id).update(warehouse=far)
    assert "What it could mean left other warehouses" in client.get(f"{url}change/").content.decode()
