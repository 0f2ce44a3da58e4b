"""The letter about a delay: it says what is so when it goes out, and lists what is still to come and nothing else."""

from typing import Any

import pytest
import time_machine

from notifications.models import Message
from orders.models import Order
from tests.factories import Shop
from tests.notifications.stories import delayed
from tests.notifications.test_letters import read
from tests.tracking.stories import DHL, STORIES, UPS, boxes, shipped, track
from tracking.timeline import page_of

pytestmark = pytest.mark.django_db
MUGS, TEAPOT = "2 × Enamel mug", "1 × Teapot"


@pytest.fixture(autouse=True)
def _monday() -> Any:
    with time_machine.travel("2026-11-30T12:00:00Z", tick=False):
        yield


def letter(order: Order, missed: str = "deliver_by") -> str:
    """Return the plain text; the page says the same."""
    delayed(order, missed)
    _, text, page = read(Order.objects.get(pk=order.pk), "order.delayed")
    told = " ".join(text.split())
    said = told.partition("Your order is taking longer. ")[2].partition(" Follow your order:")[0]
    for part in said.replace(" × ", " ").replace(":", "").split():
        assert part in page.replace("×", "").replace(":", ""), part
    return told


SO = {
    "in transit": "Your order is on its way. DHL has it, last seen in Lyon.",
    "attempt failed": "Your order could not be delivered yet. Nobody was there to take it. As a rule DHL tries",
    "customs wants documents": "Your order is held up. Customs needs documents. Please get in touch with DHL:",
    "exception": "Your order is held up. It was damaged on the way. DHL is dealing with it.",
    "to collect": "Your order is ready to collect. DHL keeps it for you at Relay point Rue Mercière 12, Lyon.",
    "on its way back": "Your order is on its way back to the shop. It was not collected.",
    "lost by the carrier": "Your order is lost. It was destroyed on the way.",
    "at the door, not yet closed": "It has arrived since.",
    "two parcels, one delivered": "One of your two parcels was delivered. The other is on its way.",
    "two parcels, one tried": "One of your two parcels could not be delivered yet. The courier could not get to the",
    "three parcels": "One of your three parcels is lost.",
    "partly shipped": "One of your two parcels was delivered. The other is on its way. We send the rest as soon as",
    "partly delivered": "Part of your order was delivered. We send the rest as soon as we can, and write to you",
    "picking": "We send it as soon as we can, and write to you when it leaves.",
    "cancelled": "It was cancelled since.",
}


@pytest.mark.parametrize("name", SO)
def test_a_delay_says_where_it_is_now(shop: Shop, name: str) -> None:
    text = letter(STORIES[name](shop))
    assert "It should have been with you by Friday 27 November. We are sorry." in text
    assert SO[name] in text
    assert "It is with the carrier" not in text


@pytest.mark.parametrize("name", STORIES)
def test_a_delay_says_of_parcels_what_the_page_says(shop: Shop, name: str) -> None:
    order = STORIES[name](shop)
    page = page_of(order.pk)
    text = letter(order)
    is_there = all(parcel.status == "DELIVERED" for parcel in page.parcels)
    is_open = Order.objects.get(pk=order.pk).status in Order.OPEN
    if is_open and page.parcels and (page.waiting or not is_there):
        assert page.headline.sentence.removesuffix(", later than promised") in text
    assert ("It has arrived since." in text) == (bool(page.parcels) and is_there and not page.waiting)
    assert ("when it leaves" in text) == bool(page.waiting)


@pytest.mark.parametrize(
    ("name", "listed", "unlisted"),
    [
        ("two parcels, one delivered", TEAPOT, MUGS),
        ("two parcels, one tried", MUGS, "nothing else"),
        ("partly shipped", "2 × Enamel mug", "4 × Enamel mug"),
        ("lost by the carrier", "is lost", "Still to come"),
        ("on its way back", "on its way back", "Still to come"),
        ("at the door, not yet closed", "arrived since", "Still to come"),
    ],
)
def test_what_has_arrived_or_comes_no_more_is_not_still_to_come(
    shop: Shop, name: str, listed: str, unlisted: str
) -> None:
    text = letter(STORIES[name](shop))
    assert listed in text
    assert unlisted not in text


def test_of_parcels_that_nobody_counted_it_says_that_some_is_still_to_come(shop: Shop) -> None:
    order = shipped(shop, DHL, UPS)
    assert "Still to come: 2 × Enamel mug 1 × Teapot" in letter(order)
    track(boxes(order)[0], "DELIVERED")
    Message.objects.all().delete()
    assert "Some of this is still to come: 2 × Enamel mug 1 × Teapot" in letter(order)
    track(boxes(order)[1], "DELIVERED")
    Message.objects.all().delete()
    assert "Some of this" not in letter(order)


def test_what_left_after_its_day_is_not_said_to_be_here(shop: Shop) -> None:
    text = letter(STORIES["attempt failed"](shop), "ship_by")
    assert "It should have left by Tuesday 24 November. We are sorry." in text
    assert "Nobody was there to take it." in text
    assert "Still to" not in text


def test_what_left_in_part_after_its_day_is_said_to_be_not_all_on_its_way(shop: Shop) -> None:
    text = letter(STORIES["partly delivered"](shop), "ship_by")
    assert "and is not all on its way yet: it may" in text
    assert "We are waiting for stock of: 1 × Teapot" in text
