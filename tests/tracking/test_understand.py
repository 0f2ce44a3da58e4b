"""From deliveries to the door: what carriers say, in whatever order, how often, and of whatever parcel."""

import itertools
import random
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import connection, transaction
from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import Parcel
from fulfillment.services import ParcelDraft, lose_shipment, ship_shipment
from orders.models import Actor, Endpoint, Inbox, Order
from tests.factories import BOB, ChannelFactory, Shop, draft, shipment, stages
from tests.hooks import Carrier, event
from tracking import tasks
from tracking.models import CarrierEvent, Snapshot, Tracker
from tracking.services import adopt_unmatched, forget_unmatched, take_carrier_events, understand_inbox
from tracking.services.fold import fold_found
from tracking.services.keep import Reading, keep
from tracking.services.project import MOST_LINES, project
from tracking.status import Headline, Scan
from tracking.status import Snapshot as Picture
from tracking.tasks import adopt, understand

NOW = timezone.now().replace(microsecond=0)
KEY = Actor("key", "1")
JOURNEY = [
    (50, "PRE_TRANSIT"),
    (30, "IN_TRANSIT"),
    (20, "OUT_FOR_DELIVERY"),
    (18, "DELIVERY_ATTEMPT_FAILED"),
    (4, "OUT_FOR_DELIVERY"),
    (1, "DELIVERED"),
]
MILESTONES = [  # where they come in their order; what comes first may pass the first scan as well
    ("parcel.in_transit", ["first_scan"]),
    ("parcel.out_for_delivery", ["out_for_delivery"]),
    ("parcel.delivery_attempt_failed", ["attempt:1"]),
    ("parcel.delivered", ["delivered"]),
]


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def shipped(shop: Shop, *numbers: str, at: datetime | None = None) -> Order:
    """Return an order that left in a parcel for each of the tracking numbers."""
    shop.receive(shop.mug, 1)
    order = shop.order((shop.mug, 1))
    parcels = [ParcelDraft("DHL", number) for number in numbers]
    ship_shipment(shipment(order), by=BOB, parcels=parcels, at=at or ago(60))
    return order


def journey(number: str) -> list[dict[str, Any]]:
    return [event(number, status, ago(hours)) for hours, status in JOURNEY]


def keys(order: Order) -> list[str]:
    """Return every milestone that was ever recorded of the order, each by an event of its own kind."""
    found = [(key, kind) for kind, keys in told(order) for key in keys]
    assert [key for key, kind in found if key in KINDS and KINDS[key] != kind] == []
    return sorted(key for key, _ in found)


KINDS = {key: kind for kind, found in MILESTONES[1:] for key in found}
KEYS = ["attempt:1", "delivered", "first_scan", "out_for_delivery"]


def told(order: Order) -> list[tuple[str, list[str]]]:
    """Return the milestones in the order's trail."""
    rows = order.events.filter(kind__startswith="parcel.").exclude(kind="parcel.shipped")
    return [(row.kind, row.facts["milestones"]) for row in rows if row.facts.get("milestones")]


def take(*events: dict[str, Any], **more: Any) -> list[str]:
    return [taken.result for taken in take_carrier_events(events, by=KEY, **{"now": NOW} | more)]


def tracker(number: str) -> Tracker:
    return Tracker.objects.get(parcel__tracking_key=number)


def trackers() -> list[tuple[Any, ...]]:
    return list(Tracker.objects.values_list("parcel__tracking_key", "status", "timeline", "crossed", "attempts"))


@pytest.fixture
def carrier(db: None) -> Carrier:
    return Carrier()


# --- any order, any number of times ----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_scrambled_and_doubled_deliveries_bring_it_to_the_door_once(shop: Shop, carrier: Carrier, seed: int) -> None:
    order, dice = shipped(shop, "JD1"), random.Random(seed)
    sent = journey("JD1") * 2
    dice.shuffle(sent)
    for each in sent:
        assert carrier.send(each).status_code == 200
        if dice.random() < 0.5:
            understand_inbox()
    while understand_inbox(batch=3):
        pass
    assert set(Inbox.objects.values_list("status", flat=True)) == {"PROCESSED"}
    assert (Order.objects.get().status, stages(order)) == ("DELIVERED", [{"delivered": 1}])
    assert keys(order) == KEYS
    assert [line["status"] for line in tracker("JD1").timeline] == [status for _, status in JOURNEY]
    assert (tracker("JD1").delivered_at, tracker("JD1").attempts) == (ago(1), 1)
    assert order.events.filter(kind__in=["shipment.delivered", "order.delivered"]).count() == 2
    assert list(ledger.verify()) == []


def test_one_list_is_one_fold_and_tells_every_milestone_in_its_order(shop: Shop, carrier: Carrier) -> None:
    order = shipped(shop, "JD1")
    carrier.send([*reversed(journey("JD1")), *journey("JD1")])
    assert understand_inbox() == 1
    assert told(order) == MILESTONES
    kinds = list(order.events.filter(kind__startswith="parcel.").values_list("kind", flat=True))
    assert kinds == ["parcel.shipped", *(kind for kind, _ in MILESTONES)]
    delivered = order.events.get(kind="parcel.delivered")
    assert delivered.facts == {"parcel": f"{order.number}-1-1", "status": "DELIVERED", "milestones": ["delivered"]}
    assert (delivered.at, delivered.by) == (ago(1), f"endpoint:{carrier.endpoint.pk}")
    assert order.events.get(kind="shipment.delivered").at == ago(1)
    assert Order.objects.get().delivered_at == ago(1)


def test_any_order_of_three_payloads_gives_one_tracker_and_each_milestone_once(shop: Shop) -> None:
    parts = [[event("X", status, ago(hours)) for hours, status in JOURNEY[n : n + 2]] for n in (0, 2, 4)]
    results = []
    for number, payloads in enumerate(itertools.permutations(parts)):
        order = shipped(shop, f"P{number}")
        for payload in [*payloads, payloads[0]]:
            take(*(each | {"tracking_number": f"P{number}"} for each in payload))
        results.append((keys(order), trackers()[-1][1:], Order.objects.get(pk=order.pk).status))
    assert [result for result in results if result != results[0]] == []
    assert results[0][0] == KEYS


def test_the_same_event_by_hook_and_by_key_is_one_scan(shop: Shop, carrier: Carrier) -> None:
    shipped(shop, "JD1")
    seen = event("jd-1", "IN_TRANSIT", ago(3), carrier=" DHL ")
    carrier.send(seen)
    understand_inbox()
    assert take(seen | {"carrier": "DHL"}, seen | {"carrier": "Dhl"}) == ["accepted", "duplicate"]
    assert len(tracker("JD1").timeline) == 1


# --- what is told --------------------------------------------------------------------------------------------


def test_a_new_scan_without_news_is_recorded_and_moves_the_version(shop: Shop) -> None:
    order = shipped(shop, "JD1")
    take(event("JD1", at=ago(5)))
    before = Order.objects.get().version
    assert take(event("JD1", at=ago(4), message="Left"), event("JD1", at=ago(3), message="Here")) == ["accepted"] * 2
    last = order.events.last()
    assert last is not None
    assert (last.kind, last.at, last.seq) == ("parcel.scanned", ago(3), before + 1)
    assert last.facts == {"parcel": f"{order.number}-1-1", "status": "IN_TRANSIT", "milestones": [], "scans": 2}


def test_what_is_heard_again_changes_nothing_and_records_nothing(shop: Shop) -> None:
    order = shipped(shop, "JD1")
    take(event("JD1", at=ago(5)))
    before = (Order.objects.get().version, trackers())
    assert take(event("JD1", at=ago(5))) == ["duplicate"]
    assert take(event("jd1", at=ago(5))) == ["accepted"]  # another picture of the same scan
    assert (Order.objects.get().version, trackers()) == before
    assert order.events.last().kind == "parcel.in_transit"  # type: ignore[union-attr]


def test_what_is_more_than_two_days_old_is_marked_as_late(shop: Shop) -> None:
    order = shipped(shop, "JD1", at=ago(120))
    take(event("JD1", at=ago(100)), event("JD1", "OUT_FOR_DELIVERY", ago(10)))
    assert [(row.kind, row.facts.get("is_late")) for row in order.events.filter(facts__status__isnull=False)] == [
        ("parcel.in_transit", True),
        ("parcel.out_for_delivery", None),
    ]


def test_a_status_without_a_milestone_is_recorded_for_staff(shop: Shop) -> None:
    order = shipped(shop, "JD1")
    take(event("JD1", at=ago(5)))
    take(event("JD1", "delayed", ago(4)))
    last = order.events.last()
    assert last is not None
    assert (last.kind, last.facts["is_late"], last.facts["milestones"]) == ("parcel.exception", True, [])
    take(event("JD1", "duties_unpaid", ago(3)))
    assert told(order)[-1] == ("parcel.exception", ["exception:duties_unpaid"])
    assert (tracker("JD1").reason, tracker("JD1").is_action_required) == ("duties_unpaid", True)


def test_a_first_whole_history_tells_the_present_alone(shop: Shop) -> None:
    order = shipped(shop, "JD1")
    tell(picture("JD1", *JOURNEY[:3], headline="OUT_FOR_DELIVERY"))
    late = {row.kind: row.facts.get("is_late", False) for row in order.events.filter(facts__status__isnull=False)}
    assert late == {"parcel.in_transit": True, "parcel.out_for_delivery": False}


def test_a_clock_that_is_ahead_dates_no_event_into_the_future(shop: Shop) -> None:
    order = shipped(shop, "JD1")
    take(event("JD1", "DELIVERED", NOW + timedelta(days=3)))
    assert tracker("JD1").needs_review == ["time_suspect"]
    assert {row.at <= timezone.now() for row in order.events.filter(kind__endswith=".delivered")} == {True}


def test_the_timeline_keeps_the_last_two_hundred_scans(shop: Shop) -> None:
    shipped(shop, "JD1")
    scans = [event("JD1", at=ago(5) + timedelta(seconds=n), message=str(n)) for n in range(MOST_LINES + 5)]
    take(*scans)
    lines = tracker("JD1").timeline
    assert (len(lines), lines[0]["message"], lines[-1]["message"]) == (200, "5", "204")
    place = {"city": "Leipzig", "country": "DE"}
    there = ago(1).astimezone(timezone.get_fixed_timezone(60))
    take(event("JD1", "duties_unpaid", there, location=place, message="Pay"))
    line = next(line for line in tracker("JD1").timeline if line["message"] == "Pay")
    assert line == {
        "at": ago(1).isoformat(),
        "wall": there.replace(tzinfo=None).isoformat(),
        "status": "EXCEPTION",
        "reason": "duties_unpaid",
        "message": "Pay",
        "place": "Leipzig, DE",
    }


def test_no_personal_data_gets_into_the_trail(shop: Shop) -> None:
    order = shipped(shop, "JD1")
    take(event("JD1", "DELIVERED", ago(1), message="Signed by Ana Ruiz", location={"city": "Madrid"}))
    assert not [row for row in order.events.all() if "Ana" in str(row.facts) or "Madrid" in str(row.facts)]


# --- shipments follow ------------------------------------------------------------------------------------------


def test_a_shipment_is_delivered_with_the_last_of_its_parcels(shop: Shop) -> None:
    order = shipped(shop, "JD1", "JD2")
    take(event("JD2", "DELIVERED", ago(1)))
    assert (shipment(order).status, stages(order)) == ("SHIPPED", [{"shipped": 1}])
    take(event("JD1", "DELIVERED", ago(2)))
    assert (shipment(order).status, stages(order)) == ("DELIVERED", [{"delivered": 1}])
    assert shipment(order).delivered_at == ago(1)


def test_a_parcel_that_nobody_tracks_keeps_its_shipment_on_the_way(shop: Shop) -> None:
    order = shipped(shop, "JD1", "")
    take(event("JD1", "DELIVERED", ago(1)))
    assert shipment(order).status == "SHIPPED"


def test_a_shipment_comes_back_when_all_its_parcels_have(shop: Shop) -> None:
    order = shipped(shop, "JD1", "JD2")
    take(event("JD1", "RETURNED_TO_SENDER", ago(2)), event("JD2", "RETURNING_TO_SENDER", ago(2)))
    assert shipment(order).status == "SHIPPED"
    take(event("JD2", "DELIVERED", ago(1)))
    assert (shipment(order).status, Order.objects.get().status) == ("RETURNED_TO_SENDER", "RETURNED")


def test_a_shipment_is_lost_when_all_that_was_not_delivered_is_and_found_again(shop: Shop) -> None:
    order = shipped(shop, "JD1", "JD2", "JD3")
    take(event("JD1", "DELIVERED", ago(9)), event("JD2", "LOST", ago(9)), event("JD3", at=ago(9)))
    assert shipment(order).status == "SHIPPED"
    take(event("JD3", "LOST", ago(8)))
    assert shipment(order).status == "LOST"
    take(event("JD3", at=ago(7)))
    assert shipment(order).status == "SHIPPED"
    take(event("JD3", "DELIVERED", ago(6)), event("JD2", "DELIVERED", ago(6)))
    assert (shipment(order).status, Order.objects.get().status) == ("DELIVERED", "DELIVERED")


def test_what_a_person_declared_lost_is_found_by_a_newer_scan_only(shop: Shop) -> None:
    order = shipped(shop, "JD1")
    take(event("JD1", at=ago(9)))
    lose_shipment(shipment(order), by=BOB, at=ago(5))
    take(event("JD1", at=ago(7)))
    assert shipment(order).status == "LOST"
    take(event("JD1", at=ago(4)))
    assert shipment(order).status == "SHIPPED"


def test_a_delivered_shipment_does_not_go_back(shop: Shop) -> None:
    order = shipped(shop, "JD1")
    tell(picture("JD1", (40, "IN_TRANSIT"), (30, "DELIVERED"), headline="DELIVERED"))
    assert shipment(order).status == "DELIVERED"
    tell(picture("JD1", (40, "IN_TRANSIT"), (30, "DELIVERED"), (2, "IN_TRANSIT"), headline="IN_TRANSIT"))
    assert (tracker("JD1").status, tracker("JD1").needs_review) == ("IN_TRANSIT", ["reopened"])
    assert (shipment(order).status, Order.objects.get().status) == ("DELIVERED", "DELIVERED")
    reopened = order.events.get(kind="parcel.in_transit", facts__milestones=[])
    assert reopened.facts["is_late"]


def test_what_the_customer_sees_put_right_moves_the_version(shop: Shop) -> None:
    order = shipped(shop, "JD1")
    tell(picture("JD1", (5, "IN_TRANSIT"), headline="IN_TRANSIT"))
    tell(picture("JD1", (5, "IN_TRANSIT"), headline="IN_TRANSIT", reason="customs_clearance", stated=ago(1)))
    last = order.events.last()
    assert last is not None
    assert (last.kind, last.facts["changed"]) == ("parcel.corrected", ["reason"])


# --- which parcel -----------------------------------------------------------------------------------------------


def test_what_comes_before_its_parcel_is_kept_and_applied_when_the_parcel_appears(shop: Shop, carrier: Carrier) -> None:
    carrier.send(journey("JD1"))
    assert understand_inbox() == 1
    assert (Inbox.objects.get().status, Inbox.objects.get().note) == (
        "PROCESSED",
        "6 of 6 events are of no parcel yet.",
    )
    assert take(event("JD1", at=ago(31))) == ["unmatched"]
    assert (adopt_unmatched(), Tracker.objects.count()) == (0, 0)
    order = shipped(shop, "JD1")
    assert (adopt_unmatched(), adopt_unmatched()) == (1, 0)
    assert (Order.objects.get().status, sorted(told(order))) == ("DELIVERED", sorted(MILESTONES))
    assert len(tracker("JD1").timeline) == 7


def test_a_parcel_of_another_carrier_or_of_long_ago_is_not_meant(shop: Shop) -> None:
    shipped(shop, "JD1", at=NOW - timedelta(days=121))
    shipped(shop, "JD2")
    assert take(event("JD1"), event("JD2", carrier="ups"), event("JD2")) == ["unmatched", "unmatched", "accepted"]


def test_of_two_parcels_with_one_number_none_is_touched_and_a_person_looks(shop: Shop, carrier: Carrier) -> None:
    shipped(shop, "JD1")
    shipped(shop, "jd 1")
    shipped(shop, "JD2")
    carrier.send([event("JD1", "DELIVERED"), event("JD2", "DELIVERED")])
    understand_inbox()
    row = Inbox.objects.get()
    assert (row.status, row.note) == ("QUARANTINED", "1 of 2 events need a person.")
    assert row.problems == [
        {
            "row": 1,
            "column": "tracking_number",
            "value": "JD1",
            "reason": "More than one parcel carries this number.",
        }
    ]
    assert list(Tracker.objects.values_list("parcel__tracking_key", "status")) == [("JD2", "DELIVERED")]
    assert (adopt_unmatched(), Snapshot.objects.filter(is_ambiguous=True).count()) == (0, 1)


def test_a_number_that_becomes_ambiguous_before_it_is_adopted_is_left_to_a_person(shop: Shop) -> None:
    take(event("JD1"))
    shipped(shop, "JD1")
    shipped(shop, "JD1")
    assert (adopt_unmatched(), adopt_unmatched()) == (0, 0)
    assert Snapshot.objects.get().is_ambiguous


def test_what_comes_through_a_channel_reaches_the_parcels_of_that_channel_alone(shop: Shop) -> None:
    other = ChannelFactory(name="other")
    carrier = Carrier(channel=other)
    shipped(shop, "JD1")
    carrier.send(event("JD1", "DELIVERED"))
    understand_inbox()
    assert take(event("JD1", "DELIVERED", ago(1)), channel=other) == ["unmatched"]
    assert (adopt_unmatched(), Tracker.objects.count()) == (0, 0)
    shop.channel = other
    order = shipped(shop, "JD1")
    assert adopt_unmatched() == 1
    assert tracker("JD1").parcel.order == order
    assert take(event("JD1", "IN_TRANSIT", ago(2)), channel=other) == ["accepted"]
    assert take(event("JD1", "IN_TRANSIT", ago(2))) == ["duplicate"]
    assert take(event("JD1", "IN_TRANSIT", ago(3))) == ["unmatched"]  # without a channel it could be either


def test_what_waited_thirty_days_in_vain_is_forgotten(shop: Shop) -> None:
    order = shipped(shop, "JD1")
    take(event("JD1"), event("JD2"), now=NOW - timedelta(days=31))
    take(event("JD3"), now=NOW - timedelta(days=29))
    assert (forget_unmatched(), forget_unmatched()) == (1, 0)
    assert sorted(Snapshot.objects.values_list("tracking_key", flat=True)) == ["JD1", "JD3"]
    assert CarrierEvent.objects.count() == 2
    ship_again = shipped(shop, "JD2")
    assert adopt_unmatched() == 0
    assert order.pk != ship_again.pk


def test_the_sources_own_tracker_is_known_again_before_the_number(shop: Shop) -> None:
    carrier = Carrier()
    shipped(shop, "JD1")
    tell(picture("JD1", (9, "IN_TRANSIT"), tracker="trk_1"), carrier)
    tell(picture("LASTMILE9", (9, "IN_TRANSIT"), (2, "OUT_FOR_DELIVERY"), tracker="trk_1"), carrier)
    assert tracker("JD1").status == "OUT_FOR_DELIVERY"


def test_what_was_kept_and_not_folded_when_a_worker_died_is_folded_by_the_beat(shop: Shop) -> None:
    order = shipped(shop, "JD1")
    with transaction.atomic():
        keep([Reading(reading, source=str(KEY)) for reading in [picture("JD1", (1, "DELIVERED"))]], now=NOW)
    assert Order.objects.get().status == "SHIPPED"
    assert (adopt_unmatched(), Order.objects.get().status) == (1, "DELIVERED")
    assert told(order) == [("parcel.delivered", ["first_scan", "delivered"])]


# --- what is not understood -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", "QUARANTINED", "The body is no JSON in UTF-8"),
        (b"{", "QUARANTINED", "The body is no JSON in UTF-8"),
        (b"null", "QUARANTINED", "The body is neither an event nor a list of events."),
        (b'"x"', "QUARANTINED", "The body is neither an event nor a list of events."),
        (b"{}", "QUARANTINED", "This is missing."),
        (b"[null]", "QUARANTINED", "An event is an object."),
        (b"[" * 70 + b"]" * 70, "QUARANTINED", "The body is nested deeper than 64 levels."),
        (b"[]", "IGNORED", "It holds no event."),
    ],
)
def test_what_is_not_understood_is_set_aside_with_its_reason(
    carrier: Carrier, body: bytes, status: str, reason: str
) -> None:
    carrier.send(body)
    assert (understand_inbox(), understand_inbox()) == (1, 0)
    row = Inbox.objects.get()
    assert row.status == status
    assert row.processed_at is not None
    assert reason in str([row.note, row.problems])
    assert Snapshot.objects.count() == 0


def test_one_bad_event_does_not_refuse_the_others(shop: Shop, carrier: Carrier) -> None:
    shipped(shop, "JD1")
    carrier.send(
        [event("JD1", at=ago(3)), event("JD1", at="2026-11-25T10:00:00"), 5, event("JD1", "DELIVERED", ago(1))]
    )
    understand_inbox()
    row = Inbox.objects.get()
    assert (row.status, tracker("JD1").status) == ("QUARANTINED", "DELIVERED")
    assert [(each["row"], each["column"], each["reason"]) for each in row.problems] == [
        (2, "occurred_at", "The time has no offset from UTC."),
        (3, "", "An event is an object."),
    ]


def test_a_quarantined_row_that_was_mended_is_understood_and_what_was_taken_is_not_taken_twice(
    shop: Shop, carrier: Carrier
) -> None:
    order = shipped(shop, "JD1")
    good, bad = event("JD1", at=ago(3)), event("JD1", "DELIVERED", "yesterday")
    carrier.send([good, bad])
    understand_inbox()
    mended = Carrier.body([good, event("JD1", "DELIVERED", ago(1))])
    Inbox.objects.update(mended=mended, status=Inbox.Status.RECEIVED)
    understand_inbox()
    assert (Inbox.objects.get().status, Inbox.objects.get().problems) == ("PROCESSED", [])
    assert told(order) == [("parcel.in_transit", ["first_scan"]), ("parcel.delivered", ["delivered"])]


@pytest.mark.parametrize("mark", [{"test": True}, {"test_mode": True}, {"mode": "test"}])
def test_a_test_on_a_live_endpoint_is_ignored(shop: Shop, carrier: Carrier, mark: dict[str, Any]) -> None:
    shipped(shop, "JD1")
    before = Order.objects.get().version
    carrier.send(event("JD1", "DELIVERED") | mark)
    understand_inbox()
    assert (Inbox.objects.get().status, Inbox.objects.get().note) == ("IGNORED", "A test.")
    assert (Order.objects.get().version, Snapshot.objects.count()) == (before, 0)


def test_a_test_endpoint_reaches_the_orders_of_its_own_channel_alone(shop: Shop) -> None:
    own = Carrier(mode="TEST", channel=shop.channel)
    other, none = (Carrier(mode="TEST", channel=ChannelFactory(name=name)) for name in ("other", "none"))
    Endpoint.objects.filter(pk=none.endpoint.pk).update(channel=None)  # as one may have been opened before
    shipped(shop, "JD1")
    for each in (other, none):
        each.send(event("JD1", "DELIVERED"))
    understand_inbox()
    adopt_unmatched()
    assert Tracker.objects.count() == 0
    own.send(event("JD1", "DELIVERED") | {"test": True})
    understand_inbox()
    assert tracker("JD1").status == "DELIVERED"


# --- many at once --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("orders", [1, 3])
def test_a_batch_reads_and_marks_all_rows_at_once(
    shop: Shop, carrier: Carrier, orders: int, django_assert_num_queries: Any
) -> None:
    for number in range(orders):
        shipped(shop, f"JD{number}")
        carrier.send([event(f"JD{number}", at=ago(3)), event(f"JD{number}", "OUT_FOR_DELIVERY", ago(2))])
    with django_assert_num_queries({1: 16 + 17, 3: 16 + 51}[orders]):
        assert understand_inbox() == orders
    assert set(Tracker.objects.values_list("status", flat=True)) == {"OUT_FOR_DELIVERY"}


def test_an_order_that_fails_among_others_is_left_as_it_was_and_comes_up_again(
    shop: Shop, carrier: Carrier, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    orders = [shipped(shop, f"JD{number}") for number in range(3)]
    for number in range(3):
        carrier.send(event(f"JD{number}", at=ago(3)))

    def stumble(tracker: Tracker, parcel: Parcel, *more: Any, **options: Any) -> Any:
        if parcel.tracking_number == "JD1":
            raise ValueError("a bug of ours")
        return project(tracker, parcel, *more, **options)

    with monkeypatch.context() as patched:
        patched.setattr("tracking.services.fold.project", stumble)
        assert understand_inbox() == 3
    assert f"the parcels of order {orders[1].pk} could not be folded" in caplog.text
    assert [keys(order) for order in orders] == [["first_scan"], [], ["first_scan"]]
    assert not Tracker.objects.filter(parcel__tracking_number="JD1").exists()
    assert adopt_unmatched() == 1
    assert [keys(order) for order in orders] == [["first_scan"]] * 3


@pytest.mark.django_db(transaction=True)
def test_two_workers_understand_each_row_once(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    carrier, orders = Carrier(), [shipped(shop, f"JD{n}") for n in range(4)]
    for number, _ in itertools.product(range(4), range(2)):
        for each in journey(f"JD{number}"):
            carrier.send(each)
    counts = at_once(4, lambda: sum(iter(lambda: understand_inbox(batch=7), 0)))
    while left := understand_inbox():  # what a worker left to another that had it locked
        counts.append(left)
    assert (sum(counts), [row for row in caplog.records if row.levelname == "ERROR"]) == (48, [])
    assert [keys(order) for order in orders] == [KEYS] * 4
    assert set(Order.objects.values_list("status", flat=True)) == {"DELIVERED"}
    for order in Order.objects.all():
        assert order.version == order.events.count()
    assert list(ledger.verify()) == []


@pytest.mark.django_db(transaction=True)
def test_the_same_events_at_the_same_moment_are_taken_once(shop: Shop) -> None:
    order, events = shipped(shop, "JD1"), journey("JD1")
    results = at_once(4, lambda: [each.result for each in take_carrier_events(events, by=KEY)])
    assert sorted(itertools.chain(*results)) == ["accepted"] * 6 + ["duplicate"] * 18
    assert (Snapshot.objects.count(), keys(order)) == (6, KEYS)
    assert Order.objects.get().status == "DELIVERED"


def test_the_tasks_carry_the_names_that_the_bells_ring(shop: Shop, carrier: Carrier) -> None:
    assert current_app.tasks["tracking.tasks.understand"] == understand
    carrier.send(journey("JD1"))
    understand()
    shipped(shop, "JD1")
    current_app.tasks["tracking.tasks.adopt"]()
    assert adopt.name == "tracking.tasks.adopt"
    assert Order.objects.get().status == "DELIVERED"


def test_a_bell_that_rings_while_somebody_is_at_it_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []

    def look() -> int:
        looked.append(1)
        if len(looked) == 1:
            understand()  # another thread's bell: it does not wait, and does nothing itself
        return 0

    monkeypatch.setattr(tasks, "understand_inbox", look)
    monkeypatch.setattr(tasks, "adopt_unmatched", lambda: 0)
    understand()
    assert len(looked) == 2


# --- helpers -------------------------------------------------------------------------------------------------------


def picture(
    number: str,
    *scans: tuple[int, str],
    headline: str = "",
    reason: str = "",
    stated: datetime | None = None,
    tracker: str = "",
) -> Picture:
    """Return a complete picture, as aggregators send them."""
    lines = [
        Scan(at=ago(h), wall=ago(h).strftime("%FT%T"), seq=n, raw_status=s, code=s) for n, (h, s) in enumerate(scans)
    ]
    return Picture(
        scans=tuple(lines),
        carrier="dhl",
        tracking_number=number,
        source_tracker_id=tracker,
        provider="generic",
        headline=Headline(raw=headline, detail=reason),
        stated_at=stated,
        is_complete=True,
    )


def tell(picture: Picture, carrier: Carrier | None = None) -> None:
    endpoint = carrier.endpoint if carrier else None
    with transaction.atomic():
        _, found = keep([Reading(picture, source="endpoint:9", endpoint=endpoint)], now=NOW)
    assert fold_found(found, now=NOW) == 1


def at_once(count: int, act: Any) -> list[Any]:
    """Do it in so many threads that start together; return what each returned."""
    start, results = threading.Barrier(count), []

    def run() -> None:
        start.wait()
        try:
            results.append(act())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == count
    return results


def test_the_factories_make_what_this_file_believes(shop: Shop) -> None:
    order = shipped(shop, "JD1", "JD2")
    assert [parcel.carrier for parcel in Parcel.objects.all()] == ["dhl", "dhl"]
    assert (order.status, draft((shop.mug, 1)).currency) == ("CONFIRMED", "EUR")
