"""What a carrier's word means is said by people: looked at first, then applied, and followed by all of history."""

import re
import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from orders.models import Actor, Order
from tests.factories import Shop
from tests.hooks import event
from tests.senders import Sender
from tests.staff import client_of, flashes
from tests.tracking.payloads import WORDS
from tests.tracking.test_carrier_hooks import payload
from tests.tracking.test_understand import NOW, ago, shipped, take
from tracking.admin.meaning import DIFFERENCES, MeaningForm, filled_in, meaning_url
from tracking.apps import start_with_what_words_mean
from tracking.carriers.codes import CODES
from tracking.carriers.meaning import Key, Row
from tracking.models import CarrierCode, Remapping, Snapshot, Tracker, UnmappedCode
from tracking.services import (
    NoSuchReason,
    OwnName,
    SameMeaning,
    preview_meaning,
    replay_everything,
    replay_history,
    set_meaning,
    understand_inbox,
)
from tracking.services.codes import note_unmapped, tables_for
from tracking.services.project import SEEN_BY_CUSTOMERS
from tracking.status import Scan
from tracking.status import Snapshot as Picture

pytestmark = pytest.mark.django_db
ALICE = Actor("user", "1")
STRANGE = {"easypost": "held_by_dragons", "karrio": "carrier_had_lunch", "17track": "intransit_beamed"}


def key(provider: str, code: str, field: str = "detail", carrier: str = "") -> Key:
    return Key(provider, carrier, field, code)


def replay() -> None:
    while replay_history(limit=2, now=NOW):
        pass


def state() -> list[tuple[Any, ...]]:
    columns = ("pk", *SEEN_BY_CUSTOMERS, "delivered_at", "returned_at", "first_scan_at", "crossed")
    return list(Tracker.objects.order_by("pk").values_list(*columns, "parcel__shipment__order__version"))


def tell(shop: Shop, provider: str, *ways: tuple[str, ...]) -> list[Order]:
    """Let a parcel go for each way, and its provider tell it; return their orders."""
    sender, orders = Sender(provider), []
    for n, way in enumerate(ways):
        orders.append(shipped(shop, f"JD{n}"))
        sender.send(payload(provider, f"JD{n}", *way))
    understand_inbox(now=NOW)
    return orders


# --- the table ----------------------------------------------------------------------------------------------------


def test_a_new_house_has_the_whole_table() -> None:
    rows = {
        row: table
        for provider in ("easypost", "karrio")
        for row, table in tables_for({provider})[provider].rows.items()
    }
    assert CarrierCode.objects.count() == len(CODES)
    assert rows[("", "detail", "refused")] == Row("DELIVERY_ATTEMPT_FAILED", "refused", when=("in_transit", "failure"))


def test_what_somebody_changed_is_not_written_over_and_the_rest_is_kept_in_line() -> None:
    set_meaning(key("easypost", "held"), Row("IN_TRANSIT"), by=ALICE)
    CarrierCode.objects.filter(provider="easypost", code="delayed").update(reason="other")
    CarrierCode.objects.filter(provider="easypost", code="damaged").delete()
    start_with_what_words_mean()
    rows = tables_for({"easypost"})["easypost"].rows
    assert rows[("", "detail", "held")] == Row("IN_TRANSIT")
    assert rows[("", "detail", "delayed")] == CODES[key("easypost", "delayed")]
    assert rows[("", "detail", "damaged")] == CODES[key("easypost", "damaged")]


def test_history_follows_what_a_release_brings_as_it_follows_a_person(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(shop, "easypost", ("accepted", "strange"))
    monkeypatch.setitem(CODES, key("easypost", "held_by_dragons"), Row("EXCEPTION", "held"))
    for _ in range(2):  # the second time it is in line
        start_with_what_words_mean()
        assert not UnmappedCode.objects.exists()
        change = Remapping.objects.get()
        assert (change.by, change.code, change.before) == ("system:release", "held_by_dragons", None)
    assert (CarrierCode.objects.get(code="held_by_dragons").changed_by, Tracker.objects.get().status) == (
        "",
        "IN_TRANSIT",
    )
    replay()
    assert (Tracker.objects.get().status, Remapping.objects.get().changed) == ("EXCEPTION", 1)
    row = client_of("manager").get("/admin/tracking/remapping/").content.decode()
    assert "an upgrade" in row


def test_a_new_house_has_no_past_that_would_follow() -> None:
    CarrierCode.objects.all().delete()
    start_with_what_words_mean()
    assert (CarrierCode.objects.count(), Remapping.objects.count()) == (len(CODES), 0)


@pytest.mark.parametrize(
    ("key", "row", "refusal"),
    [
        (key("generic", "delivered", "status"), Row("LOST"), OwnName),
        (key("generic", "signed", "status"), Row("LOST"), OwnName),
        (key("easypost", "held"), Row("EXCEPTION", "eaten"), NoSuchReason),
        (key("easypost", "held"), CODES[key("easypost", "held")], SameMeaning),
        (key("easypost", "held"), None, SameMeaning),
        (key("easypost", "never_seen"), None, SameMeaning),
    ],
)
def test_what_cannot_be_said_is_refused_and_changes_nothing(
    key: Key, row: Row | None, refusal: type[Exception]
) -> None:
    before = set(CarrierCode.objects.values_list("pk", "status", "reason"))
    with pytest.raises(refusal):
        set_meaning(key, row, by=ALICE)
    assert set(CarrierCode.objects.values_list("pk", "status", "reason")) == before
    assert not Remapping.objects.exists()


# --- a word that nobody knew --------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", STRANGE)
def test_mapping_a_word_repairs_the_past_and_empties_the_queue(shop: Shop, provider: str) -> None:
    orders = tell(shop, provider, ("accepted", "strange"), ("accepted", "moving"), ("accepted", "strange", "delivered"))
    raw = [bytes(inbox.raw) for inbox in {each.inbox for each in Snapshot.objects.select_related("inbox")} if inbox]
    meant = key(provider, STRANGE[provider])
    row = Row("EXCEPTION", "customs_documents", True)
    previewed = {each.tracker.pk: (each.before, each.after) for each in preview_meaning(meant, row, now=NOW)}
    first, _, third = Tracker.objects.order_by("pk")
    assert set(previewed) == {first.pk, third.pk}
    assert previewed[third.pk] == ("DELIVERED", "DELIVERED")
    set_meaning(meant, row, by=ALICE, now=NOW)
    assert not UnmappedCode.objects.exists()
    assert Tracker.objects.get(pk=first.pk).status == "IN_TRANSIT"  # history follows by and by
    replay()
    assert [tracker.needs_review for tracker in Tracker.objects.all()] == [[], [], []]
    change = Remapping.objects.get()
    assert (change.looked_at >= 2, change.changed, change.finished_at, change.by) == (True, 2, NOW, "user:1")
    corrected = orders[2].events.get(kind="parcel.corrected")
    assert (corrected.by, corrected.facts["before"], corrected.facts["changed"]) == (
        "user:1",
        "DELIVERED",
        ["timeline"],
    )
    assert not orders[1].events.filter(kind="parcel.corrected").exists()
    assert len(raw) == 3


def test_a_word_that_turns_out_to_be_the_delivery_delivers(shop: Shop) -> None:
    (order,) = tell(shop, "karrio", ("accepted", "moving"))
    take(event("JD0", "ZZ9", ago(1)))
    assert (Order.objects.get().status, UnmappedCode.objects.get().code) == ("SHIPPED", "zz9")
    set_meaning(key("generic", "zz9", "status", "dhl"), Row("DELIVERED", "signed"), by=ALICE, now=NOW)
    replay()
    assert (Tracker.objects.get().status, Order.objects.get().status) == ("DELIVERED", "DELIVERED")
    kinds = list(order.events.filter(kind__startswith="parcel.").values_list("kind", flat=True))
    assert kinds[-2:] == ["parcel.delivered", "parcel.corrected"]
    set_meaning(key("generic", "zz9", "status", "dhl"), Row("OUT_FOR_DELIVERY"), by=ALICE, now=NOW)
    replay()
    set_meaning(key("generic", "zz9", "status", "dhl"), Row("DELIVERED"), by=ALICE, now=NOW)
    replay()
    assert order.events.filter(kind="parcel.delivered").count() == 1  # a milestone is told once


def test_a_row_of_one_carrier_leaves_the_others_alone(shop: Shop) -> None:
    take(event("JD0", "ZZ9", ago(1)), event("JD1", "ZZ9", ago(1), carrier="ups"))
    set_meaning(key("generic", "zz9", "status", "dhl"), Row("IN_TRANSIT"), by=ALICE)
    assert [code.carrier for code in UnmappedCode.objects.all()] == ["ups"]
    set_meaning(key("generic", "zz9", "status"), Row("IN_TRANSIT"), by=ALICE)
    assert not UnmappedCode.objects.exists()


def test_a_row_can_be_as_it_was_delivered_again_and_a_word_of_ones_own_unknown(shop: Shop) -> None:
    held, own = key("easypost", "held"), key("easypost", "held_by_dragons")
    tell(shop, "easypost", ("accepted", "strange"))
    before = Tracker.objects.values_list("status", "reason", "timeline").get()
    for each in (held, own):
        set_meaning(each, Row("LOST"), by=ALICE, now=NOW)
    replay()
    for each in (held, own):
        set_meaning(each, None, by=ALICE, now=NOW)
    replay()
    assert CarrierCode.objects.get(code="held").changed_by == ""
    assert not CarrierCode.objects.filter(code="held_by_dragons").exists()
    assert UnmappedCode.objects.get().code == "held_by_dragons"
    assert Tracker.objects.values_list("status", "reason", "timeline").get() == before


def test_what_is_folded_after_the_change_needs_no_replay(shop: Shop) -> None:
    set_meaning(key("easypost", "held_by_dragons"), Row("EXCEPTION", "held"), by=ALICE, now=NOW)
    tell(shop, "easypost", ("accepted", "strange"))
    assert (Tracker.objects.get().status, Tracker.objects.get().reason) == ("EXCEPTION", "held")
    before = state()
    replay()
    assert (state(), Remapping.objects.get().changed) == (before, 0)


def test_a_replay_that_was_cut_short_goes_on_where_it_stopped(shop: Shop) -> None:
    tell(shop, "easypost", *[("accepted", "strange")] * 5)
    set_meaning(key("easypost", "held_by_dragons"), Row("EXCEPTION", "held"), by=ALICE, now=NOW)
    assert replay_history(limit=2, now=NOW)
    change = Remapping.objects.get()
    assert (change.looked_at, change.finished_at) == (2, None)
    assert sorted(Tracker.objects.values_list("status", flat=True)) == ["EXCEPTION"] * 2 + ["IN_TRANSIT"] * 3
    replay()
    assert set(Tracker.objects.values_list("status", flat=True)) == {"EXCEPTION"}
    assert not replay_history(now=NOW)


def test_an_order_that_cannot_be_folded_holds_up_nobody(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from tracking.services import fold as module

    tell(shop, "easypost", ("accepted", "strange"), ("accepted", "strange"))
    first, project = Tracker.objects.order_by("pk")[0], module.project

    def stumble(tracker: Tracker, *more: Any, **named: Any) -> Any:
        if tracker.pk == first.pk:
            raise RuntimeError("a bug")
        return project(tracker, *more, **named)

    monkeypatch.setattr(module, "project", stumble)
    set_meaning(key("easypost", "held_by_dragons"), Row("EXCEPTION", "held"), by=ALICE, now=NOW)
    replay()
    assert list(Tracker.objects.order_by("pk").values_list("status", flat=True)) == ["IN_TRANSIT", "EXCEPTION"]
    assert "could not be folded again" in caplog.text
    change = Remapping.objects.get()
    assert (change.left, change.changed, change.looked_at, change.finished_at) == ([first.pk], 1, 2, None)
    assert not replay_history(now=NOW)  # nothing that another try at once would mend
    with pytest.raises(CommandError, match="1 parcel could not be folded"):
        call_command("replay")
    page = client_of("manager").get(f"/admin/tracking/remapping/{change.pk}/change/").content.decode()
    assert ("1 parcel to be tried again" in page, first.parcel.number in page) == (True, True)
    set_meaning(key("karrio", "carrier_had_lunch"), Row("EXCEPTION", "held"), by=ALICE, now=NOW)
    replay()  # another change does not wait for it
    assert list(Remapping.objects.order_by("pk").values_list("finished_at", flat=True)) == [None, NOW]
    monkeypatch.setattr(module, "project", project)
    replay()
    change.refresh_from_db()
    assert (change.left, change.changed, change.looked_at, change.finished_at) == ([], 2, 2, NOW)
    assert set(Tracker.objects.values_list("status", flat=True)) == {"EXCEPTION"}


@pytest.mark.django_db(transaction=True)
def test_a_fold_that_read_the_old_meaning_and_commits_late_is_followed_all_the_same(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, is_postgres: bool
) -> None:
    """On SQLite nobody changes a meaning while a fold is open: it has ended before."""
    from tracking.services import fold as module

    shipped(shop, "JD1")
    sender, project = Sender("easypost"), module.project
    has_read, may_go_on = threading.Event(), threading.Event()

    def linger(*given: Any, **named: Any) -> Any:
        has_read.set()
        assert may_go_on.wait(30)
        return project(*given, **named)

    def fold() -> None:
        try:
            understand_inbox(now=NOW)
        finally:
            connection.close()

    assert sender.send(payload("easypost", "JD1", "accepted", "strange")).status_code == 200
    monkeypatch.setattr(module, "project", linger)
    thread = threading.Thread(target=fold)
    thread.start()
    assert has_read.wait(30)
    if not is_postgres:
        may_go_on.set()
        thread.join()
    set_meaning(key("easypost", "held_by_dragons"), Row("EXCEPTION", "held"), by=ALICE, now=NOW)
    if is_postgres:
        assert not replay_history(now=NOW)
        assert (Remapping.objects.get().finished_at, Tracker.objects.count()) == (None, 0)
        may_go_on.set()
        thread.join()
        assert Tracker.objects.get().status == "IN_TRANSIT"
    monkeypatch.setattr(module, "project", project)
    replay()
    assert (Remapping.objects.get().finished_at, Tracker.objects.get().status) == (NOW, "EXCEPTION")


def test_the_queue_counts_a_word_once_a_message() -> None:
    scans = tuple(Scan(wall=f"2026-11-2{n}", raw_status="zz9", code="zz9") for n in range(3))
    said = [Picture(scans, provider="generic", carrier="DHL Express", tracking_number=f"{n}") for n in range(4)]
    note_unmapped(said, now=NOW - timedelta(days=1))
    note_unmapped(said[:1], now=NOW)
    code = UnmappedCode.objects.get()
    assert (code.carrier, code.times, code.last_seen_at - code.first_seen_at) == ("dhl_express", 5, timedelta(days=1))


# --- preview is apply, and replaying is nothing -------------------------------------------------------------------

WAYS = st.lists(
    st.tuples(
        st.sampled_from(sorted(WORDS)),
        st.lists(st.sampled_from(sorted(WORDS["easypost"])), min_size=1, max_size=4).map(tuple),
    ),
    min_size=1,
    max_size=4,
)
ROWS = st.builds(
    Row,
    st.sampled_from(
        ["", "UNKNOWN", "IN_TRANSIT", "EXCEPTION", "OUT_FOR_DELIVERY", "DELIVERED", "LOST", "RETURNED_TO_SENDER"]
    ),
    st.sampled_from(["", "delayed", "signed", "customs_documents"]),
    st.booleans(),
    st.sampled_from([(), ("in_transit",), ("transit", "intransit"), ("no_physical_scan",)]),
    st.booleans(),
)
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class AnyHistory(TestCase):
    """Histories of parcels by several houses, each parcel told by one of them."""

    def _told(self, ways: list[tuple[str, tuple[str, ...]]]) -> None:
        shop = Shop()
        senders: dict[str, Sender] = {}
        for n, (provider, way) in enumerate(ways):
            shipped(shop, f"JD{n}")
            senders.setdefault(provider, Sender(provider)).send(payload(provider, f"JD{n}", *way))
        while understand_inbox(now=NOW):
            pass

    @FEW
    @given(WAYS, ROWS, st.data())
    def test_a_mapping_change_previewed_equals_the_mapping_change_applied(self, ways: Any, row: Row, data: Any) -> None:
        self._told(ways)
        heard = sorted({(provider, WORDS[provider][name]) for provider, way in ways for name in way})
        provider, (status, detail) = data.draw(st.sampled_from(heard))
        field, word = data.draw(st.sampled_from([("status", status), ("detail", detail or "strange")]))
        meant = Key(provider, "", field, word.lower())
        before = {tracker.pk: tracker.status for tracker in Tracker.objects.all()}
        previewed = {each.tracker.pk: each for each in preview_meaning(meant, row, now=NOW)}
        try:
            set_meaning(meant, row, by=ALICE, now=NOW)
        except SameMeaning:
            assert previewed == {}
            return
        replay()
        for tracker in Tracker.objects.all():
            shift = previewed.get(tracker.pk)
            assert (before[tracker.pk], tracker.status) == (
                (shift.before, shift.after) if shift else (tracker.status, tracker.status)
            )
            corrected = tracker.parcel.order.events.filter(kind="parcel.corrected").last()
            assert (corrected.facts["changed"] if corrected else []) == (list(shift.changed) if shift else [])
        assert Remapping.objects.get().changed == len(previewed)
        assert list(preview_meaning(meant, row, now=NOW)) == []

    @FEW
    @given(WAYS)
    def test_replaying_all_history_changes_nothing(self, ways: Any) -> None:
        self._told(ways)
        before = state(), list(Tracker.objects.values_list("pk", "updated_at", "needs_review"))
        assert {(each.changed, *each.failed) for each in replay_everything(by=ALICE, now=NOW, limit=2)} == {(0,)}
        assert (state(), list(Tracker.objects.values_list("pk", "updated_at", "needs_review"))) == before


# --- the page -------------------------------------------------------------------------------------------------

PAGE = "/admin/tracking/carriercode/meaning/"
HELD = {"provider": "easypost", "carrier": "", "field": "detail", "code": "Held by dragons", "operation": str(uuid4())}
MEANS = {"status": "EXCEPTION", "reason": "held", "when": "", "is_action_required": "on"}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["provider", "carrier", "field", "code"])
def test_what_no_database_can_hold_in_the_address_names_no_word(name: str) -> None:
    client = client_of("manager")
    client.raise_request_exception = False
    assert client.get(PAGE, {name: "\0"}).status_code == 200


def test_the_page_shows_what_would_change_before_it_does(shop: Shop) -> None:
    tell(shop, "easypost", ("accepted", "strange"), ("accepted", "moving"))
    client = client_of("manager")
    queue = client.get("/admin/tracking/unmappedcode/").content.decode()
    assert "held_by_dragons" in queue
    assert "?provider=easypost&amp;carrier=&amp;field=detail&amp;code=held_by_dragons" in queue
    looked = client.post(PAGE, HELD | MEANS | {"look": ""})
    assert [each["parcel"] for each in looked.context["shifts"]] == [Tracker.objects.order_by("pk")[0].parcel.number]
    assert "1 parcel would look different" in looked.content.decode()
    assert not Remapping.objects.exists()
    other = client.post(PAGE, HELD | MEANS | {"reason": "delayed", "apply": looked.context["looked"]})
    assert (other.status_code, Remapping.objects.exists()) == (200, False)  # that was not looked at
    done = client.post(PAGE, HELD | MEANS | {"apply": looked.context["looked"]})
    assert flashes(done) == ["held_by_dragons has another meaning now. History follows within minutes."]
    replay()
    assert list(Tracker.objects.order_by("pk").values_list("status", flat=True)) == ["EXCEPTION", "IN_TRANSIT"]
    again = client.post(PAGE, HELD | MEANS | {"apply": looked.context["looked"]})
    assert flashes(again)[-1] == "It means that already."
    assert client.get(PAGE, HELD | {"code": "held_by_dragons"}).context["form"].initial["reason"] == "held"


@pytest.mark.parametrize(
    ("more", "status", "sentence"),
    [
        ({"provider": "generic", "field": "status", "code": "Delivered"}, 409, "is one of our own names"),
        ({"code": " "}, 422, "This field is required."),
        ({"status": "EATEN"}, 422, "Select a valid choice."),
        ({"provider": "nobody"}, 422, "Select a valid choice."),
        ({"field": "status", "status": "", "reason": ""}, 422, "A main status has to mean something"),
        ({"status": "IN_TRANSIT", "reason": "lost"}, 422, "That reason does not go with what it means."),
        ({"status": "DELIVERED"}, 422, "That reason does not go with what it means."),
        ({"when": "in transit, blah, foo"}, 422, "blah, foo: no main status of this provider."),
    ],
)
def test_what_cannot_be_said_is_named_on_the_page(more: dict[str, str], status: int, sentence: str) -> None:
    response = client_of("manager").post(PAGE, HELD | MEANS | more | {"look": ""})
    assert (response.status_code, sentence in response.content.decode()) == (status, True)
    assert not Remapping.objects.exists()


def test_whoever_says_what_a_word_means_sees_where_it_was_said_and_goes_on_to_the_next(shop: Shop) -> None:
    tell(shop, "easypost", ("accepted", "strange"), ("accepted", "moving"))
    key = {name: HELD[name] for name in ("provider", "carrier", "field")} | {"code": "held_by_dragons"}
    number = Tracker.objects.order_by("pk")[0].parcel.number
    page = client_of("manager").get(PAGE, key)
    assert [each["parcel"] for each in page.context["examples"]] == [number]
    assert number in page.content.decode()
    assert list(client_of("manager").get(PAGE, key | {"code": "nobody_said_that"}).context["examples"]) == []
    other = Key("easypost", "", "detail", "another")
    UnmappedCode.objects.create(**other._asdict(), times=1, first_seen_at=NOW, last_seen_at=NOW)
    looked = client_of("manager").post(PAGE, HELD | MEANS | {"look": ""})
    done = client_of("manager").post(PAGE, HELD | MEANS | {"apply": looked.context["looked"]})
    assert done["Location"] == "/admin/tracking/unmappedcode/"


def test_who_may_not_say_what_words_mean_is_not_sent_to_where_it_is_said(shop: Shop) -> None:
    tell(shop, "easypost", ("accepted", "strange"))
    pages = {
        role: client_of(role).get("/admin/tracking/unmappedcode/").content.decode()
        for role in ("manager", "integrator")
    }
    assert {role: "Say what it means" in page for role, page in pages.items()} == {"manager": True, "integrator": False}
    assert "held_by_dragons" in pages["integrator"]


def test_whatever_the_house_starts_with_can_be_said_on_the_page() -> None:
    for key, row in CODES.items():
        given = {name: value for name, value in filled_in(row).items() if value}
        form = MeaningForm(key._asdict() | given | {"operation": str(uuid4())}, thing=None)
        assert form.is_valid(), (key, form.errors)
        assert form.row == row


def test_when_a_word_counts_is_said_in_words(db: None) -> None:
    code = CarrierCode.objects.get(provider="karrio", code="retailer_cancelled")
    client = client_of("manager")
    pages = (f"/admin/tracking/carriercode/{code.pk}/change/", meaning_url(Key("karrio", "", "detail", code.code)))
    shown = [client.get(page).content.decode() for page in (*pages, "/admin/tracking/carriercode/?provider=karrio")]
    assert not [page for page in shown if "no_physical_scan" in page]
    assert "as long as nobody has had it in hand" in shown[0]
    assert re.search(r'name="is_early"[^>]*checked', shown[1])


@pytest.mark.parametrize("role", ["picker", "packer", "support", "auditor", "integrator"])
def test_only_managers_say_what_words_mean(role: str) -> None:
    client = client_of(role)
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, HELD | MEANS | {"look": ""}).status_code == 403
    assert not Remapping.objects.exists()


def test_a_change_is_taken_back_on_the_words_own_page() -> None:
    set_meaning(key("easypost", "held"), Row("IN_TRANSIT"), by=ALICE)
    code = CarrierCode.objects.get(provider="easypost", field="detail", code="held")
    client, url = client_of("manager"), f"/admin/tracking/carriercode/{code.pk}"
    assert "In transit" not in (page := client.get(f"{url}/change/").content.decode())
    assert "Change what it means" in page
    client.post(f"{url}/do/reset/", {"operation": uuid4()})
    assert CarrierCode.objects.get(pk=code.pk).status == "EXCEPTION"
    set_meaning(key("easypost", "zz9"), Row("IN_TRANSIT"), by=ALICE)
    own = CarrierCode.objects.get(code="zz9")
    answer = client.post(f"/admin/tracking/carriercode/{own.pk}/do/reset/", {"operation": uuid4()})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/tracking/carriercode/")
    assert not CarrierCode.objects.filter(code="zz9").exists()


def test_the_command_folds_all_anew_and_says_what_it_put_right(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    tell(shop, "easypost", ("accepted", "moving"), ("accepted", "strange"))
    call_command("replay")
    Tracker.objects.filter(pk=Tracker.objects.order_by("pk")[0].pk).update(status="LOST")
    call_command("replay")
    assert capsys.readouterr().out.splitlines() == ["0 parcels were put right.", "1 parcel was put right."]
    assert set(Tracker.objects.values_list("status", flat=True)) == {"IN_TRANSIT"}


def test_a_preview_has_a_word_for_each_thing_that_customers_see() -> None:
    assert set(SEEN_BY_CUSTOMERS) == set(DIFFERENCES)
