"""From a provider's delivery to the parcel: what is answered, what is kept, and that nothing is done by halves."""

import copy
import json
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from fulfillment.models import Parcel
from fulfillment.services import ParcelDraft, ship_shipment
from orders.models import Channel, Endpoint, Inbox, Order
from orders.services import receive, rotate_secret
from orders.signatures import SCHEMES
from tests.factories import BOB, ChannelFactory, Shop, shipment
from tests.hooks import Carrier, event
from tests.senders import PROVIDERS, SECRETS, Sender, any_sender, easypost_v2
from tests.tracking.payloads import LINES, PAYLOADS, WAY, at, paths, put, steps
from tests.tracking.test_adapters import values
from tests.tracking.test_understand import NOW, ago, shipped
from tracking.models import CarrierEvent, Finding, Snapshot, Tracker, UnmappedCode
from tracking.services import adopt_unmatched, keep, understand_inbox
from tracking.services.audit import run_audit

each_provider = pytest.mark.parametrize("provider", PROVIDERS)
every_provider = pytest.mark.parametrize("provider", [*PROVIDERS, "generic"])
pytestmark = pytest.mark.django_db


NAMES = {name: scheme.name for name, scheme in SCHEMES.items()}


@pytest.fixture(autouse=True)
def _no_flood() -> None:
    """The counts of refusals are written at once again, however many other tests made in this second."""
    receive._window[:] = [0.0, 0]
    receive._refused.clear()


ESCAPED = {0: "\\x00", 0xD800: "\\ud800", 0x202E: "\\u202e"}


def payload(provider: str, number: str = "JD1", *names: str, **more: Any) -> dict[str, Any]:
    return PAYLOADS[provider](number, steps(*(names or WAY), start=ago(45)), **more)


def row() -> Inbox:
    return Inbox.objects.get()


def nothing_happened() -> bool:
    return (Inbox.objects.count(), Snapshot.objects.count(), CarrierEvent.objects.count(), Tracker.objects.count()) == (
        0,
        0,
        0,
        0,
    )


# --- to the door ------------------------------------------------------------------------------------------------


@each_provider
def test_a_journey_told_in_three_deliveries_out_of_order_ends_at_the_door(shop: Shop, provider: str) -> None:
    order, sender = shipped(shop, "JD1"), Sender(provider)
    for size in (3, 5, 2):
        assert sender.send(payload(provider, "JD1", *WAY[:size])).status_code == 200
        understand_inbox()
    tracker = Tracker.objects.get()
    assert (tracker.status, len(tracker.timeline), tracker.needs_review) == ("DELIVERED", 5, [])
    assert Order.objects.get().status == "DELIVERED"
    kinds = list(order.events.filter(kind__startswith="parcel.").values_list("kind", flat=True))
    assert kinds.count("parcel.delivered") == 1
    assert set(Inbox.objects.values_list("status", flat=True)) == {"PROCESSED"}
    said = (
        CarrierEvent.objects.filter(snapshot__scans__seq=4).exclude(raw_status="").values_list("raw_status", flat=True)
    )
    assert set(said) <= {*json.dumps(payload(provider)).replace('"', " ").replace(",", " ").split(), None}


@each_provider
def test_the_same_delivery_again_is_one_effect(shop: Shop, provider: str) -> None:
    order, sender = shipped(shop, "JD1"), Sender(provider)
    body = json.dumps(payload(provider)).encode()
    headers = sender.headers(body)
    for _ in range(3):
        assert sender.post(body, headers).status_code == 200
        understand_inbox()
    assert (Inbox.objects.count(), Snapshot.objects.count()) == (1, 1)
    assert order.events.filter(kind="parcel.delivered").count() == 1


@pytest.mark.parametrize("provider", ["shippo", "karrio"])
def test_a_body_written_anew_is_the_same_delivery_where_it_has_no_id(provider: str) -> None:
    sender, body = Sender(provider), payload(provider)
    for raw in (json.dumps(body).encode(), json.dumps(body, indent=1, sort_keys=True).encode()):
        assert sender.send(raw).status_code == 200
    assert Inbox.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@each_provider
def test_two_deliveries_at_the_same_moment_make_one_row(provider: str) -> None:
    sender = Sender(provider)
    body = json.dumps(payload(provider)).encode()
    headers, start, codes = sender.headers(body), threading.Barrier(4), []

    def deliver() -> None:
        start.wait()
        codes.append(sender.post(body, headers).status_code)
        connection.close()

    threads = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (codes, Inbox.objects.count()) == ([200] * 4, 1)


# --- not genuine --------------------------------------------------------------------------------------------------


@each_provider
@pytest.mark.parametrize("change", ["secret", "nothing", "empty", "odd", "no secret configured", "another endpoint's"])
def test_what_is_not_genuine_is_401_and_only_counted(provider: str, change: str) -> None:
    sender = Sender(provider)
    body = json.dumps(payload(provider)).encode()
    headers = sender.headers(body)
    match change:
        case "secret":
            headers = sender.headers(body, secret="x" * 24)
        case "nothing":
            headers = {}
        case "empty":
            headers = dict.fromkeys(headers, "")
        case "odd":
            headers = dict.fromkeys(headers, "é, t=,v1=,\x7f hmac-sha256-hex=")
        case "no secret configured":
            Endpoint.objects.update(secrets=[""])
        case "another endpoint's":
            other = Sender(provider)
            rotate_secret(other.endpoint, "y" * 24)
            rotate_secret(other.endpoint, "z" * 24)
            answer = other.post(body, headers)
            assert (answer.status_code, nothing_happened()) == (401, True)
            return
    assert sender.post(body, headers).status_code == 401
    assert nothing_happened()
    assert Endpoint.objects.get().refused == 1


@pytest.mark.parametrize("provider", ["karrio", "shippo"])
@pytest.mark.parametrize("token", ["", "x", "é", "%00", "&token="])
def test_without_its_token_an_address_is_closed_and_the_log_does_not_tell_it(
    provider: str, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    sender = Sender(provider)
    body = json.dumps(payload(provider)).encode()
    assert sender.post(body, sender.headers(body), token=token).status_code == 401
    assert nothing_happened()
    assert sender.send(payload(provider)).status_code == 200
    assert sender.endpoint.tokens[0] not in caplog.text
    assert SECRETS[provider] not in caplog.text + json.dumps(row().headers)


def test_nothing_of_ours_writes_an_access_log() -> None:
    from pathlib import Path

    from config import processes

    assert "access-log" not in Path(processes.__file__).read_text()


def test_a_replayed_old_delivery_of_shippo_is_refused() -> None:
    sender = Sender("shippo")
    body = json.dumps(payload("shippo")).encode()
    old = sender.headers(body, at=datetime.now().astimezone() - timedelta(minutes=6))
    assert sender.post(body, old).status_code == 401
    assert nothing_happened()


def test_the_second_signature_of_easypost_needs_the_endpoints_leave() -> None:
    sender = Sender("easypost")
    body, path = json.dumps(payload("easypost")).encode(), sender.endpoint.path
    headers = easypost_v2(SECRETS["easypost"], body, datetime.now().astimezone(), path)
    assert (sender.post(body, headers).status_code, nothing_happened()) == (401, True)
    Endpoint.objects.update(accept_v2=True)
    assert (sender.post(body, headers).status_code, Inbox.objects.count()) == (200, 1)


@each_provider
def test_both_secrets_open_during_a_change_and_the_old_one_no_longer_after_the_next(provider: str) -> None:
    sender, first, second = Sender(provider), SECRETS[provider], "another-secret-of-ours"
    rotate_secret(sender.endpoint, second)
    for n, secret in enumerate((first, second)):
        assert sender.send(payload(provider, f"JD{n}"), secret=secret).status_code == 200
    rotate_secret(sender.endpoint, "a-third-secret-of-ours")
    assert sender.send(payload(provider, "JD3"), secret=first).status_code == 401
    assert Inbox.objects.count() == 2


# --- genuine, and not understood ----------------------------------------------------------------------------------


@every_provider
@pytest.mark.parametrize(
    "raw", [b"", b"{", b"null", b"[]", b'"x"', b"{}", b"\xff\xfe", b"a=b&c=d", b"[" * 70 + b"]" * 70]
)
def test_a_body_that_is_no_json_of_ours_is_200_kept_and_set_aside(provider: str, raw: bytes) -> None:
    sender = any_sender(provider)
    if isinstance(sender, Carrier) and raw == b"\xff\xfe":
        return  # its library signs text only; see tests/orders/test_hook.py
    assert sender.send(raw).status_code == 200
    assert understand_inbox() == 1
    assert (bytes(row().raw), row().status in {"QUARANTINED", "IGNORED"}) == (raw, True)
    assert row().status == "IGNORED" or row().problems
    assert (Snapshot.objects.count(), Tracker.objects.count()) == (0, 0)


@every_provider
def test_six_mebibytes_are_413_and_nothing_is_kept(provider: str) -> None:
    sender = any_sender(provider)
    assert sender.send(b" " * 6 * 2**20).status_code == 413
    assert nothing_happened()
    assert Endpoint.objects.get().refused == 0


@each_provider
def test_what_cannot_be_used_is_named_and_can_be_mended(shop: Shop, provider: str) -> None:
    order, sender, body = shipped(shop, "JD1"), Sender(provider), payload(provider)
    good = json.dumps(body)
    put(body, LINES[provider], "none")
    sender.send(body)
    understand_inbox()
    assert (row().status, row().note) == ("QUARANTINED", "1 of 1 events need a person.")
    assert row().problems[0]["column"] == ".".join(str(name) for name in LINES[provider]).replace(".0.", "[0].")
    assert (Snapshot.objects.count(), Order.objects.get().status) == (0, "SHIPPED")
    Inbox.objects.update(mended=good.encode(), status="RECEIVED")
    understand_inbox()
    assert (row().status, Order.objects.get(pk=order.pk).status) == ("PROCESSED", "DELIVERED")


def test_a_history_without_end_is_set_aside_and_holds_up_nothing(shop: Shop) -> None:
    """Legs times lines: each list is short enough, and the whole of it would keep every writer waiting."""
    shipped(shop, "JD1")
    sender, body = Sender("17track"), payload("17track")
    put(body, LINES["17track"][:-2], [{"events": [line]} for line in at(body, LINES["17track"])] * 401)
    sender.send(body)
    sender.send(payload("17track"))
    assert understand_inbox() == 2
    long, good = Inbox.objects.order_by("received_at")
    [problem] = long.problems
    assert (long.status, good.status, Snapshot.objects.count()) == ("QUARANTINED", "PROCESSED", 1)
    assert problem["reason"] == "There are 2005 lines; 2000 are the most of a history."
    assert (CarrierEvent.objects.count(), Order.objects.get().status) == (len(WAY), "DELIVERED")


@pytest.mark.parametrize("odd", ["x\0", "\ud800", ["\0"], "a\u202eb"])
def test_what_no_database_can_hold_in_a_wrong_field_takes_no_good_event_with_it(shop: Shop, odd: Any) -> None:
    shipped(shop, "JD1")
    wrong = [event("JD1") | {name: odd} for name in ("occurred_at", "location", "tracking_number")]
    Carrier().send([*wrong, odd, event("JD1", "DELIVERED", ago(5))])
    understand_inbox()
    assert (row().status, Order.objects.get().status) == ("QUARANTINED", "DELIVERED")
    assert row().problems[0]["value"] == (odd if isinstance(odd, str) else "['\\x00']").translate(ESCAPED)


@each_provider
def test_what_no_database_can_hold_in_place_of_a_list_is_named(shop: Shop, provider: str) -> None:
    shipped(shop, "JD1")
    sender, body = Sender(provider), payload(provider)
    put(body, LINES[provider], "x\0\ud800")
    sender.send(body)
    sender.send(payload(provider, id="another"))
    understand_inbox()
    assert sorted(Inbox.objects.values_list("status", flat=True)) == ["PROCESSED", "QUARANTINED"]
    [problem] = Inbox.objects.get(status="QUARANTINED").problems
    assert (problem["value"], problem["reason"]) == ("x\\x00\\ud800", "This is no list.")
    assert Order.objects.get().status == "DELIVERED"


class AnyPayload(TestCase):
    """Hypothesis changes sample payloads: each is answered 200, kept, and either understood as a whole or set aside."""

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.sampled_from(PROVIDERS), st.data())
    def test_a_changed_payload_is_answered_kept_and_never_done_by_halves(self, provider: str, data: Any) -> None:
        shop = Shop()
        shipped(shop, "JD1")
        sender, body = Sender(provider), payload(provider)
        for path in data.draw(st.lists(st.sampled_from(paths(body)), min_size=1, max_size=3)):
            try:
                put(body, path, data.draw(values))
            except (KeyError, IndexError, TypeError):
                continue
        assert sender.send(copy.deepcopy(body)).status_code == 200
        assert understand_inbox() == 1
        assert row().status in {"PROCESSED", "QUARANTINED", "IGNORED"}
        assert bytes(row().raw) == json.dumps(body).encode()
        kept = Snapshot.objects.filter(inbox=row())
        assert kept.count() == (row().status == "PROCESSED")
        for snapshot in kept:
            assert [scan.seq for scan in snapshot.scans.all()] == list(range(snapshot.scans.count()))


class AnyHeaders(TestCase):
    """Hypothesis writes the headers that prove a delivery: never a 5xx, and never believed."""

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.sampled_from(PROVIDERS), st.data())
    def test_no_header_makes_it_fail_or_pass(self, provider: str, data: Any) -> None:
        sender, body = Sender(provider), b"{}"
        texts = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=80)
        good = sender.headers(body)
        given = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(good, texts)))
        more = data.draw(st.dictionaries(st.sampled_from(["X-Timestamp", "X-Path", "X-Hmac-Signature-V2"]), texts))
        answer = sender.post(body, given | more)
        assert answer.status_code == (200 if given == good else 401)


@each_provider
def test_what_a_database_cannot_hold_stops_nobody_else(
    shop: Shop, provider: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sender = Sender(provider)
    shipped(shop, "JD1")
    for number in ("BAD", "JD1"):
        sender.send(payload(provider, number))
    rows_of = keep.snapshot_of

    def stumble(picture: Any, **more: Any) -> Snapshot:
        if picture.tracking_number == "BAD":
            raise ValueError("a bug")
        return rows_of(picture, **more)

    monkeypatch.setattr("tracking.services.keep.snapshot_of", stumble)
    assert understand_inbox() == 2
    assert sorted(Inbox.objects.values_list("status", flat=True)) == ["PROCESSED", "QUARANTINED"]
    assert Inbox.objects.get(status="QUARANTINED").note == "It could not be kept: ValueError."
    assert (Order.objects.get().status, "a bug" in caplog.text) == ("DELIVERED", True)


# --- words that nobody knows ------------------------------------------------------------------------------------


@each_provider
def test_a_word_never_seen_is_kept_and_queued_once(shop: Shop, provider: str) -> None:
    shipped(shop, "JD1")
    sender = Sender(provider)
    sender.send(payload(provider, "JD1", "accepted", "strange"))
    sender.send(payload(provider, "JD2", "accepted", "strange"))
    understand_inbox()
    code = UnmappedCode.objects.get()
    assert (code.provider, code.field, code.times) == (provider, "detail", 2)
    assert code.first_seen_at <= code.last_seen_at
    tracker = Tracker.objects.get()
    assert (tracker.status, tracker.needs_review) == ("IN_TRANSIT", ["unmapped_value"])
    sender.send(payload(provider, "JD1", "accepted", "strange", "delivered"))
    understand_inbox()
    assert (UnmappedCode.objects.get().times, Tracker.objects.get().status) == (3, "DELIVERED")
    run_audit()
    finding = Finding.objects.get(check_name="unknown_words")
    assert finding.message == f"{NAMES[provider]} says it, in 3 messages so far: nobody has said what it means."


# --- tests ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "mark"), [("easypost", {"mode": "test"}), ("shippo", {"test": True}), ("karrio", {"test": True})]
)
def test_a_test_payload_touches_nothing_on_a_live_endpoint_and_its_own_channel_on_a_test_one(
    shop: Shop, provider: str, mark: dict[str, Any]
) -> None:
    shipped(shop, "JD1")
    live, other = Sender(provider), Sender(provider, mode="TEST", channel=ChannelFactory(name="other"))
    own = Sender(provider, mode="TEST", channel=Channel.objects.get(pk=shop.channel.pk))
    none = Sender(provider, mode="TEST", channel=shop.channel)
    Endpoint.objects.filter(pk=none.endpoint.pk).update(channel=None)  # as one may have been opened before
    for sender in (live, other, none):
        sender.send(payload(provider, **mark))
    understand_inbox()
    adopt_unmatched()
    assert (Tracker.objects.count(), Order.objects.get().status) == (0, "SHIPPED")
    assert Inbox.objects.get(endpoint=live.endpoint).note == "A test."
    own.send(payload(provider, **mark))
    understand_inbox()
    assert Order.objects.get().status == "DELIVERED"


# --- which parcel -----------------------------------------------------------------------------------------------


def of_carrier(shop: Shop, carrier: str, number: str) -> Parcel:
    shop.receive(shop.mug, 1)
    order = shop.order((shop.mug, 1))
    ship_shipment(shipment(order), by=BOB, parcels=[ParcelDraft(carrier, number)], at=ago(60))
    return Parcel.objects.get(shipment__order=order)


@pytest.mark.parametrize("ours", ["dhl", "DHL", "dhl-express", "DHL Express"])
@each_provider
def test_a_house_may_name_the_carrier_its_own_way(shop: Shop, provider: str, ours: str) -> None:
    of_carrier(shop, ours, "jd 1")
    Sender(provider).send(payload(provider))
    understand_inbox()
    assert Tracker.objects.get().status == "DELIVERED"


@pytest.mark.parametrize("provider", ["easypost", "shippo", "aftership", "karrio"])
def test_a_carrier_that_we_know_by_name_is_not_another(shop: Shop, provider: str) -> None:
    of_carrier(shop, "ups", "JD1")
    Sender(provider).send(payload(provider))
    understand_inbox()
    assert (adopt_unmatched(), Tracker.objects.count()) == (0, 0)
    of_carrier(shop, "dhl", "JD1")
    assert (adopt_unmatched(), Tracker.objects.get().parcel.carrier) == (1, "dhl")


def test_a_number_of_two_carriers_whose_name_we_do_not_know_is_for_a_person(shop: Shop) -> None:
    of_carrier(shop, "ups", "JD1")
    of_carrier(shop, "dhl", "JD1")
    Sender("17track").send(payload("17track"))
    understand_inbox()
    assert (row().status, Tracker.objects.count()) == ("QUARANTINED", 0)


def test_two_houses_may_speak_of_one_parcel(shop: Shop) -> None:
    order = shipped(shop, "JD1")
    for provider in PROVIDERS:
        Sender(provider).send(payload(provider))
    understand_inbox()
    assert Tracker.objects.get().status == "DELIVERED"
    assert order.events.filter(kind="parcel.delivered").count() == 1
    assert len({snapshot.provider for snapshot in Snapshot.objects.all()}) == len(PROVIDERS)


def test_the_clock_of_this_file_is_recent() -> None:
    assert steps("label", start=ago(45))[0][0] < NOW
    assert at(payload("shippo"), LINES["shippo"])[0]["status"] == "PRE_TRANSIT"
