"""Sending: once, and where that cannot be known, it is said."""

import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection, connections
from django.utils import timezone

from notifications import services
from notifications.models import Content, Message
from notifications.relay import NO_ADDRESS
from notifications.services import (
    LADDER,
    LEASE,
    MAYBE_TWICE,
    OUT_OF_REACH,
    NotResendable,
    claim,
    drain_batch,
    resend_message,
    tell_everybody,
)
from orders.models import Customer
from tests.factories import ALICE, Shop
from tests.mail import KeyedSink, Sink
from tests.notifications.conftest import post_to
from tests.notifications.stories import every_story, placed, relay
from tests.processes import environment, eventually, python, stop

pytestmark = pytest.mark.django_db
Status = Message.Status
URL = "https://orders.example.com/track/x/"
PERSONAL = ("example.com", "Ana", "Ruiz", "@")


def queued(shop: Shop, count: int = 1) -> list[Message]:
    """Place orders, and return the messages that tell of them."""
    for _ in range(count):
        shop.order((shop.mug, 1))
    relay()
    return list(Message.objects.order_by("event_id"))


def later(delta: timedelta) -> None:
    """Let time pass for what waits, and for whoever holds it."""
    for message in Message.objects.all():
        message.available_at -= delta
        message.lease_until = message.lease_until and message.lease_until - delta
        message.save()


def message_ids(messages: list[Message]) -> list[str]:
    return [f"<{message.pk}@127.0.0.1>" for message in messages]


def test_a_message_goes_out_once_and_what_it_said_is_kept(shop: Shop, sink: Sink) -> None:
    [message] = queued(shop)
    assert (drain_batch(), drain_batch()) == (True, False)
    [mail] = sink.mails
    assert sink.envelopes == [("orders@example.com", ["ana@example.com"])]
    assert (mail["Message-ID"], mail["To"]) == (f"<{message.pk}@127.0.0.1>", "ana@example.com")
    message.refresh_from_db()
    content = message.content
    assert (message.status, message.attempts, message.note, message.lease_token) == ("SENT", 1, "", None)
    assert message.sent_at is not None
    assert mail["Subject"] == content.subject
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n").strip() == content.text.strip()  # type: ignore[union-attr]
    assert mail.get_body(("html",)).get_content().replace("\r\n", "\n").strip() == content.html.strip()  # type: ignore[union-attr]


def test_where_no_mail_server_is_set_up_nothing_goes_out_and_all_can_be_read(shop: Shop) -> None:
    assert django_settings.IS_MAIL_KEPT
    [message] = queued(shop)
    drain_batch()
    message.refresh_from_db()
    assert (message.status, message.note) == ("SENT", "Kept here to be read: no mail server is set up.")
    assert message.content.to == "ana@example.com"
    assert "Thank you for your order" in message.content.html


def test_a_batch_goes_through_one_connection_in_the_order_of_events(shop: Shop, sink: Sink) -> None:
    messages = queued(shop, 5)
    drain_batch()
    assert (sink.connections, sink.ids) == (1, message_ids(messages))


def test_everything_that_can_be_told_goes_through_a_real_mail_server(shop: Shop, sink: Sink) -> None:
    every_story(shop)
    tell_everybody(seconds=30)
    assert (
        len(sink.ids) == len(set(sink.ids)) == Message.objects.filter(status="SENT").count() == Message.objects.count()
    )
    assert Content.objects.count() == Message.objects.count()


@pytest.mark.parametrize(
    ("command", "code", "status", "note"),
    [
        ("RCPT", 450, Status.QUEUED, "The mail server refuses the address (450)."),
        ("RCPT", 550, Status.BOUNCED, "The mail server refuses the address (550)."),
        ("MAIL", 553, Status.QUEUED, "The mail server refuses our own address (553)."),
        ("DATA", 451, Status.QUEUED, "The mail server refuses the message (451)."),
        ("DATA", 554, Status.FAILED, "The mail server refuses the message (554)."),
        ("MAIL", 421, Status.QUEUED, "The mail server refuses our own address (421)."),
    ],
)
def test_what_the_server_refuses_waits_or_ends_and_the_rest_goes_on(
    shop: Shop, sink: Sink, command: str, code: int, status: str, note: str
) -> None:
    sink.answers[command] = [code]
    refused, fine = queued(shop, 2)
    drain_batch()
    refused.refresh_from_db()
    assert sink.ids == message_ids([fine])
    assert (refused.status, refused.note, refused.attempts, refused.sent_at) == (status, note, 1, None)
    assert (refused.lease_token, refused.begun_at) == (None, None)
    assert not any(word in refused.note for word in PERSONAL)
    wait = refused.available_at - timezone.now()
    assert (timedelta(seconds=5) < wait < LADDER[0]) == (status == Status.QUEUED)
    assert drain_batch() is False
    assert sink.ids == message_ids([fine])


def test_a_message_is_tried_again_at_longer_and_longer_intervals_and_then_given_up(shop: Shop, sink: Sink) -> None:
    [message] = queued(shop)
    sink.answers["RCPT"] = [450] * 20
    waits = []
    while drain_batch():
        message.refresh_from_db()
        waits.append(message.available_at - timezone.now())
        later(timedelta(days=2))
    assert message.status == Status.FAILED
    assert message.note == "Given up. The mail server refuses the address (450)."
    assert [round(wait.total_seconds(), -1) for wait in waits[:-1]] == [step.total_seconds() for step in LADDER]


def test_a_server_out_of_reach_costs_no_attempt_and_all_goes_out_when_it_is_back(shop: Shop, settings: Any) -> None:
    server = Sink()
    post_to(settings, server)
    messages = queued(shop, 3)
    assert drain_batch() is False
    for message in Message.objects.all():
        assert (message.status, message.attempts, message.lease_token) == ("QUEUED", 0, None)
        assert message.note.startswith("The mail server does not let us in")
        assert timedelta() < message.available_at - timezone.now() <= OUT_OF_REACH
    with server:
        later(OUT_OF_REACH)
        drain_batch()
        assert server.ids == message_ids(messages)
    assert set(Message.objects.values_list("status", "note")) == {("SENT", "")}


def test_a_connection_that_breaks_off_makes_the_message_uncertain(shop: Shop, keyed_sink: KeyedSink) -> None:
    keyed_sink.answers["DATA"] = ["drop"]
    cut, fine = queued(shop, 2)
    drain_batch()
    cut.refresh_from_db()
    assert (cut.status, cut.sent_at, cut.begun_at) == ("UNCERTAIN", None, None)
    assert cut.note == "The connection broke off while it was sent: it may arrive twice."
    later(LADDER[0])
    drain_batch()
    cut.refresh_from_db()
    assert (cut.status, cut.note) == ("UNCERTAIN", MAYBE_TWICE)
    assert cut.sent_at is not None
    assert (keyed_sink.copies.total(), keyed_sink.ids) == (3, message_ids([cut, fine]))
    later(timedelta(days=2))
    assert drain_batch() is False


def test_a_claim_is_for_one_drain_until_its_lease_runs_out(shop: Shop, sink: Sink) -> None:
    queued(shop, 2)
    mine = claim()
    assert (len(mine), claim()) == (2, [])
    later(LEASE)
    theirs = claim()
    assert [each.pk for each in theirs] == [each.pk for each in mine]
    assert [each.status for each in theirs] == ["QUEUED", "QUEUED"], "nothing was begun, so nothing is uncertain"


def test_a_zombie_neither_sends_nor_notes_its_end(shop: Shop, sink: Sink, caplog: pytest.LogCaptureFixture) -> None:
    queued(shop)
    [zombie] = claim()
    later(LEASE)
    [heir] = claim()
    with services.Post() as post:
        post.connect()
        services._send(zombie, URL, post)
        assert (sink.mails, "in other hands" in caplog.text) == ([], True)
        services._send(heir, URL, post)
    heir.refresh_from_db()
    sent_at = heir.sent_at
    services._finish(zombie, services.Outcome(Status.FAILED, "what a zombie says"), services.email.write(zombie, URL))
    heir.refresh_from_db()
    assert (heir.status, heir.note, heir.sent_at, heir.attempts) == ("SENT", "", sent_at, 1)
    assert "its end is not noted down" in caplog.text


def test_a_lease_outlasts_the_longest_try_and_a_dead_worker_holds_nothing_for_a_minute() -> None:
    answers = 4  # to MAIL, RCPT, DATA and its end
    beat = django_settings.CELERY_BEAT_SCHEDULE["relay"]["schedule"]
    assert answers * django_settings.EMAIL_TIMEOUT < LEASE.total_seconds() < 60 - 2 * beat


def test_a_letter_that_cannot_be_written_holds_up_nobody(
    shop: Shop, sink: Sink, caplog: pytest.LogCaptureFixture, tmp_path: Path, settings: Any
) -> None:
    broken, fine = queued(shop, 2)
    Message.objects.filter(pk=broken.pk).update(kind="link.requested")
    text = tmp_path / "notifications/messages/link.requested.txt"
    text.parent.mkdir(parents=True)
    text.write_text("{% extends 'nowhere.txt' %}")
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}]
    drain_batch()
    broken.refresh_from_db()
    assert sink.ids == message_ids([fine])
    assert (broken.status, broken.attempts) == ("QUEUED", 1)
    assert broken.note == "It could not be written: our fault, see the log."
    assert "TemplateDoesNotExist" in caplog.text
    assert not any(word in caplog.text for word in PERSONAL[:3])


def test_an_address_that_is_none_bounces_and_one_erased_since_is_not_written_to(shop: Shop, sink: Sink) -> None:
    [message] = queued(shop)
    Customer.objects.update(email="ana@example.com, bob@example.org")
    drain_batch()
    message.refresh_from_db()
    assert (message.status, message.note) == ("BOUNCED", "The address is none.")
    [_, message] = queued(shop)
    message.order.customer.email = None
    message.order.customer.save()
    drain_batch()
    message.refresh_from_db()
    assert (message.status, message.note, sink.mails) == ("SUPPRESSED", NO_ADDRESS, [])


def test_a_message_sent_again_is_a_mail_of_its_own_and_stands_in_the_trail(shop: Shop, sink: Sink) -> None:
    [message] = queued(shop)
    with pytest.raises(NotResendable, match="still waits to be sent"):
        resend_message(message, by=ALICE)
    assert message.order.events.filter(kind="message.resent").count() == 0
    drain_batch()
    again = resend_message(message, by=ALICE)
    assert (again.status, again.resends, again.attempts, again.sent_at) == ("QUEUED", 1, 0, None)
    drain_batch()
    assert sink.ids == [f"<{message.pk}@127.0.0.1>", f"<{message.pk}.1@127.0.0.1>"]
    event = message.order.events.get(kind="message.resent")
    assert (event.by, event.facts) == ("user:1", {"message": str(message.pk), "kind": "order.placed"})
    relay()
    assert Message.objects.count() == 1


def test_nobody_without_an_address_is_sent_a_message_again(shop: Shop) -> None:
    order = placed(shop, customer={"name": "Charlie"})
    relay()
    with pytest.raises(NotResendable, match="no e-mail address"):
        resend_message(order.messages.get(), by=ALICE)
    assert order.messages.get().status == "SUPPRESSED"


def test_the_queue_is_found_by_its_index_however_long_history_is(shop: Shop) -> None:
    queued(shop)
    due = Message.objects.due(timezone.now()).order_by("available_at", "event_id")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    assert "message_due" in due.explain()


@pytest.mark.django_db(transaction=True)
def test_a_slow_mail_server_holds_no_lock_on_the_database(shop: Shop, sink: Sink) -> None:
    queued(shop)
    sink.gate.clear()

    def drain() -> None:
        try:
            drain_batch()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(drain)
        eventually(sink.arrived.is_set)
        begun = timezone.now()
        shop.order((shop.mug, 1))
        assert timezone.now() - begun < timedelta(seconds=2)
        assert not running.done()
        sink.gate.set()
        running.result()
    assert Message.objects.get().status == "SENT"


@pytest.mark.django_db(transaction=True)
def test_many_drains_at_once_send_each_message_once(shop: Shop, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "BATCH", 3)
    messages = queued(shop, 24)
    barrier = threading.Barrier(4)

    def drain() -> None:
        barrier.wait()
        try:
            while drain_batch():
                pass
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        for run in [pool.submit(drain) for _ in range(4)]:
            run.result()
    assert sorted(sink.ids) == sorted(message_ids(messages))
    assert set(Message.objects.values_list("status", "attempts")) == {("SENT", 1)}
    assert sink.connections > 1


HANG_AFTER_SENDING = """
import time, django
django.setup()
from notifications.channels.email import Post
from notifications.services import drain_batch
send = Post.send
def send_and_hang(self, letter):
    send(self, letter)
    print("sent", flush=True)
    time.sleep(60)
Post.send = send_and_hang
drain_batch()
"""


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", [Sink, KeyedSink])
def test_a_drain_killed_between_sending_and_noting_it_down_leaves_an_uncertain_message_that_is_sent_again(
    shop: Shop, settings: Any, tmp_path: Path, kind: type[Sink]
) -> None:
    with kind() as server:
        post_to(settings, server)
        cut, untried = queued(shop, 2)
        log = tmp_path / "drain.log"
        child = python("-c", HANG_AFTER_SENDING, env=environment(EMAIL_URL=server.url), log=log)
        try:
            eventually(lambda: log.exists() and "sent" in log.read_text(), 30)
        finally:
            stop(child, signal.SIGKILL)
        cut.refresh_from_db()
        assert (cut.status, cut.begun_at is None, cut.lease_token is None) == ("QUEUED", False, False)
        assert drain_batch() is False, "nobody takes it before the lease has run out"
        later(LEASE)
        drain_batch()
        cut.refresh_from_db()
        untried.refresh_from_db()
        assert (cut.status, cut.note, cut.attempts, untried.status) == ("UNCERTAIN", MAYBE_TWICE, 2, "SENT")
        assert cut.sent_at is not None
        copies = 1 if kind is KeyedSink else 2
        assert sorted(server.ids) == sorted(message_ids([cut]) * copies + message_ids([untried]))


@pytest.mark.django_db(transaction=True)
def test_a_second_drain_in_one_process_leaves_the_first_alone(shop: Shop, sink: Sink) -> None:
    queued(shop)
    assert services._draining.acquire(blocking=False)
    try:
        tell_everybody(seconds=5)
    finally:
        services._draining.release()
    assert (sink.mails, Message.objects.get().status) == ([], "QUEUED")
