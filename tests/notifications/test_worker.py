"""A real worker, woken by the doorbell alone: no beat runs here."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from config.celery import app
from fulfillment.models import Parcel
from fulfillment.services import deliver_shipment
from notifications.models import Message
from orders.models import Outbox
from tests.factories import BOB, Shop, shipment
from tests.hooks import Carrier, event
from tests.mail import Sink
from tests.notifications.stories import DHL, carrier_says, shipped
from tests.processes import ending, eventually, start_worker
from tracking.services import understand_inbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def inbox_of_worker(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sink]:
    """A real worker on the test database, and the mail server it sends to.

    Of this module, not of the session: it would answer the bells that other tests ring.
    """
    with Sink() as sink:
        with django_db_blocker.unblock():
            process = start_worker(tmp_path_factory.mktemp("worker") / "worker.log", EMAIL_URL=sink.url)
        with ending(process):
            yield sink


@pytest.fixture
def worker_sink(inbox_of_worker: Sink) -> Sink:
    """The mail server of the worker, empty."""
    inbox_of_worker.clear()
    return inbox_of_worker


def all_sent() -> bool:
    return not Outbox.objects.exists() and not Message.objects.exclude(status="SENT").exists()


def test_each_milestone_of_an_order_is_mailed_once(worker_sink: Sink, shop: Shop) -> None:
    order = shipped(shop)
    [parcel] = Parcel.objects.all()
    for _ in range(2):
        carrier_says(parcel, "out_for_delivery", "out_for_delivery")
    carrier_says(parcel, "delivered", "delivered")
    deliver_shipment(shipment(order, 1), by=BOB)
    eventually(all_sent)
    assert [subject.split(" · ")[0] for subject in sorted(worker_sink.subjects)] == [
        f"We have your order {order}",
        "Your parcel arrives today",
        "Your parcel has arrived",
        "Your parcel is on its way",
    ]


def test_of_what_a_carrier_says_scrambled_and_twice_nothing_old_is_mailed(worker_sink: Sink, shop: Shop) -> None:
    order = shipped(shop)
    now = timezone.now()
    steps = {"DELIVERED": 1, "IN_TRANSIT": 20, "OUT_FOR_DELIVERY": 3, "PRE_TRANSIT": 30, "DELIVERY_ATTEMPT_FAILED": 10}
    carrier = Carrier()
    for _ in range(2):
        for code, hours in steps.items():
            said = event(DHL.tracking_number, code, now - timedelta(hours=hours))
            assert carrier.send(said).status_code in {200, 202, 204}
            understand_inbox()
    assert order.shipments.get(status="DELIVERED")
    eventually(lambda: not Outbox.objects.exists() and not Message.objects.unsent().exists())
    rows = list(Message.objects.all())
    assert sorted((row.kind, row.status) for row in rows) == [
        ("order.placed", "SENT"),
        ("parcel.delivered", "SENT"),
        ("parcel.delivery_attempt_failed", "SUPPRESSED"),
        ("parcel.out_for_delivery", "SUPPRESSED"),
        ("parcel.shipped", "SENT"),
    ]
    assert sorted(worker_sink.ids) == sorted(f"<{row.pk}@127.0.0.1>" for row in rows if row.status == "SENT")


def test_a_worker_whose_database_connections_broke_goes_on(worker_sink: Sink, shop: Shop) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no server that could break off")
    shop.order((shop.mug, 1))
    eventually(all_sent)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert cursor.fetchone()[0] >= 1, "the worker was connected"
    order = shop.order((shop.mug, 1))
    eventually(lambda: order.messages.filter(status="SENT").exists())


def test_a_thousand_bells_send_one_mail(worker_sink: Sink, shop: Shop) -> None:
    for _ in range(1000):
        app.send_task("notifications.tasks.relay")
    shop.order((shop.mug, 1))
    eventually(all_sent, 20)
    assert len(worker_sink.mails) == 1
