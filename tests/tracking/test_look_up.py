"""Number and e-mail: the answer tells nothing, the mail does."""

import re
from collections.abc import Mapping
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.models import Event, Order, Outbox
from tests.factories import Shop
from tests.tracking.stories import stocked
from tracking.models import LinkRequest
from tracking.services import answer_look_ups, request_link

pytestmark = pytest.mark.django_db


def asked(order: Order) -> int:
    answer_look_ups()
    return Event.objects.filter(order=order, kind="link.requested").count()


def test_the_front_page_asks_for_number_and_email(client: Client) -> None:
    for path in ("/", "/track/"):
        page = client.get(path).content.decode()
        assert ('name="number"' in page, 'name="email"' in page, "csrfmiddlewaretoken" in page) == (True, True, True)


def test_the_answer_is_the_same_whether_we_know_the_order_or_not(shop: Shop, client: Client) -> None:
    order = stocked(shop)
    tries: list[Mapping[str, str]] = [
        {"number": order.number, "email": "ana@example.com"},
        {"number": order.number, "email": "bob@example.com"},
        {"number": "OT-00000000", "email": "ana@example.com"},
    ]
    answers = [client.post("/track/", data) for data in tries]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers)) for answer in answers}) == 1
    said = "If we know an order with this number and e-mail address, we have just mailed its link."
    assert said in answers[0].content.decode()
    assert asked(order) == 1


def test_the_answer_takes_the_same_steps_whether_we_know_the_order_or_not(shop: Shop, client: Client) -> None:
    order = stocked(shop)
    steps = []
    for number, email in (
        (order.number, "ana@example.com"),
        (order.number, "bob@example.com"),
        ("OT-00000000", "a@b.cd"),
    ):
        with CaptureQueriesContext(connection) as seen:
            client.post("/track/", {"number": number, "email": email})
        steps.append([re.sub(r"\d+|'.*?'", "?", query["sql"]) for query in seen.captured_queries])
    assert steps[0] == steps[1] == steps[2]
    assert len(steps[0]) == 3, "an insert between two ends of a transaction"


def test_who_presses_again_and_again_waits_once_and_nothing_typed_is_kept(shop: Shop, client: Client) -> None:
    order = stocked(shop)
    for number in (order.number, order.number, "OT-00000000"):
        client.post("/track/", {"number": number, "email": "ana@example.com"})
    assert LinkRequest.objects.count() == 2
    assert (answer_look_ups(), answer_look_ups(), asked(order)) == (2, 0, 1)
    assert not LinkRequest.objects.exists()


@pytest.mark.parametrize("typed", ["{0}", " {1} ", "{2}", "ot {2}"])
def test_numbers_and_addresses_pass_however_they_are_typed(shop: Shop, client: Client, typed: str) -> None:
    order = stocked(shop)
    number = typed.format(order.number, order.number.lower(), order.number.removeprefix("OT-"))
    client.post("/", {"number": number, "email": "ANA@Example.com "})
    assert asked(order) == 1


def test_a_link_is_asked_for_once_in_ten_minutes(shop: Shop) -> None:
    order = stocked(shop)
    now = timezone.now().replace(minute=10, second=0)
    outcomes = [request_link(order, now=now + timedelta(minutes=minutes)) for minutes in (0, 9, 10, 11)]
    assert outcomes == [True, False, True, False]
    event = Event.objects.filter(order=order, kind="link.requested").first()
    assert event is not None
    assert (event.by, list(event.facts)) == ("system:look-up", ["bucket"])
    assert Outbox.objects.filter(event=event).exists()


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({}, "Please type the order number."),
        ({"number": "OT-123", "email": "ana@example.com"}, "That is no order number."),
        ({"number": "1" * 33, "email": "ana@example.com"}, "32 characters or less"),
        ({"number": "OT-00000000", "email": "ana"}, "That is no e-mail address."),
        ({"number": "OT-00000000", "email": "a\x00@example.com"}, "That is no e-mail address."),
        ({"number": "OT-00000000", "email": "a" * 300 + "@example.com"}, "255 characters or less"),
    ],
)
def test_typing_errors_are_named_and_change_nothing(
    shop: Shop, client: Client, data: dict[str, str], error: str, django_assert_num_queries
) -> None:
    with django_assert_num_queries(0):
        response = client.post("/track/", data)
    assert (response.status_code, error in response.content.decode()) == (422, True)
    assert not Event.objects.exists()


def test_the_form_is_guarded_against_other_sites() -> None:
    response = Client(enforce_csrf_checks=True).post("/track/", {"number": "OT-00000000", "email": "ana@example.com"})
    assert response.status_code == 403


def test_the_same_address_at_two_shops_finds_the_right_order(shop: Shop, client: Client) -> None:
    first, second = stocked(shop), stocked(shop)
    client.post("/track/", {"number": second.number, "email": "ana@example.com"})
    assert (asked(first), asked(second)) == (0, 1)
