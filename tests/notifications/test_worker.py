"""A real worker, woken by the doorbell alone: no beat runs here."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from config.celery import app
from fulfillment.models import Parcel
from fulfillment.services import deliver_shipment
from notifications.models import Message
from orders.models import Outbox
from tests.factories import BOB, Shop, shipment
from tests.mail import Sink
from tests.notifications.stories import carrier_says, shipped
from tests.processes import ending, eventually, start_worker

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
