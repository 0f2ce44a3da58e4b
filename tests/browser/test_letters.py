"""Letters in a real browser, which is what most mail clients are."""

import pytest
from playwright.sync_api import Browser

from fulfillment.models import Parcel
from notifications.channels.email import write
from notifications.channels.news import READ_WITH
from notifications.models import Message
from orders.models import Channel
from tests.browser.conftest import fits
from tests.factories import Shop
from tests.notifications.stories import every_story
from tracking.services import link_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.mark.parametrize("width", [360, 700])
def test_letters_fit_a_phone_and_a_desk(shop: Shop, browser: Browser, width: int) -> None:
    every_story(shop)
    Channel.objects.update(title="The Shop of Mugs, Teapots and Everything Else That Anybody Might Want in a Kitchen")
    Parcel.objects.update(tracking_number="X" * 60)
    page = browser.new_page(viewport={"width": width, "height": 600})
    for message in Message.objects.prefetch_related(*READ_WITH):
        page.set_content(write(message, link_for(message.order).url).content.html)
        assert fits(page), f"{message.kind} is wider than {width}"
        assert page.get_by_role("link").bounding_box()["height"] >= 44, "a thumb can press it"  # type: ignore[index]
    page.close()
