"""An endpoint's page: what we hear, what we ask, and what went wrong with it, in words."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from orders.models import Endpoint
from orders.services import open_endpoint
from tests.factories import Shop
from tests.staff import client_of, flashes
from tests.tracking.test_understand import shipped
from tracking.models import Contact, Heard, Question

KEY = "a-key-of-their-api"


def url(endpoint: Endpoint, verb: str = "") -> str:
    return f"/admin/orders/endpoint/{endpoint.pk}/{f'do/{verb}/' if verb else 'change/'}"


def press(client: Any, endpoint: Endpoint, verb: str, **data: str) -> Any:
    return client.post(url(endpoint, verb), {"operation": uuid4(), **data})


def facts(client: Any, endpoint: Endpoint) -> str:
    page = client.get(url(endpoint)).content.decode()
    return " ".join(page.split('id="contact-title"')[1].split("</section>")[0].split())


def test_a_key_is_entered_and_never_shown_and_what_is_missing_is_asked_for(shop: Shop) -> None:
    client, endpoint = client_of("integrator"), open_endpoint(provider="easypost")
    assert "Needs the key of its API" in facts(client, endpoint)
    press(client, endpoint, "ask-key", key=KEY)
    assert KEY not in client.get(url(endpoint)).content.decode()
    shipped(shop, "JD1", "JD2", at=timezone.now())
    assert flashes(press(client, endpoint, "ask"))[-1] == "It is asked of 2 parcels now."
    assert Question.objects.filter(is_urgent=True).count() == 2
    assert "2 under way" in facts(client, endpoint)


def test_trouble_and_alarm_stand_on_the_page_and_nobody_presses(shop: Shop) -> None:
    client, endpoint = client_of("integrator"), open_endpoint(provider="easypost")
    press(client, endpoint, "ask-key", key=KEY)
    next_at = timezone.now() + timedelta(minutes=4)
    Contact.objects.update(trouble="EasyPost asks us to wait.", failures=2, next_at=next_at)
    assert "EasyPost asks us to wait." in facts(client, endpoint)
    assert "Does not answer" in facts(client, endpoint)
    assert flashes(press(client, endpoint, "ask"))[-1].startswith("EasyPost asks us to wait. We ask again on")
    words = "Nothing has come since 26 Nov, 12:00: it has probably switched our hook off."
    Contact.objects.update(alarm="SILENT", alarm_words=words, alarm_at=timezone.now())
    assert words in facts(client, endpoint)
    assert "Its webhooks have stopped" in facts(client, endpoint)


def listed(client: Any) -> str:
    return str(client.get("/admin/orders/endpoint/").content.decode())


@pytest.mark.django_db
def test_what_is_not_known_is_not_said_to_be_well() -> None:
    client, endpoint = client_of("integrator"), open_endpoint(provider="easypost")
    assert "Nothing heard yet" in facts(client, endpoint)
    Endpoint.objects.update(last_received_at=timezone.now())
    assert ">Heard" in facts(client, endpoint).replace("</svg>", ">")
    assert "For too short a time to know its habits." in facts(client, endpoint)
    hours = [timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=12 * n) for n in range(28)]
    Heard.objects.bulk_create([Heard(endpoint=endpoint, hour_at=hour, deliveries=1) for hour in hours])
    assert "All is well" in facts(client, endpoint)
    Endpoint.objects.update(secrets=[])
    assert "No secret yet" in facts(client, endpoint)
    assert "All that comes is refused until the secret that EasyPost shows is entered." in facts(client, endpoint)
    assert "All is well" not in facts(client, endpoint)


@pytest.mark.django_db
def test_the_list_says_who_has_fallen_silent_until_it_is_heard_again() -> None:
    client, endpoint = client_of("integrator"), open_endpoint(provider="easypost")
    now = timezone.now()
    Contact.objects.create(endpoint=endpoint, alarm="SILENT", alarm_words="Nothing has come.", alarm_at=now)
    assert "Its webhooks have stopped" in listed(client)
    assert "are its webhooks switched on" in facts(client, endpoint)
    Endpoint.objects.update(last_received_at=now + timedelta(minutes=1))
    assert "Its webhooks have stopped" not in listed(client)
    assert "Heard again" in listed(client)


@pytest.mark.parametrize("provider", ["generic", "shippo"])
def test_who_only_tells_is_not_asked(shop: Shop, provider: str) -> None:
    client, endpoint = client_of("integrator"), open_endpoint(provider=provider)
    said = flashes(press(client, endpoint, "ask-key", key=KEY))[-1]
    assert said.endswith("cannot be asked: it tells by itself, or not at all.")
    assert not Contact.objects.exists()


def test_a_key_that_is_none_is_refused_by_a_sentence(shop: Shop) -> None:
    client, endpoint = client_of("integrator"), open_endpoint(provider="karrio")
    assert flashes(press(client, endpoint, "ask-key", key="short"))[-1].startswith("A key has at least 12 characters")
    assert not Contact.objects.exists()


def test_who_is_asked_no_more_has_no_key_of_ours(shop: Shop) -> None:
    client, endpoint = client_of("integrator"), open_endpoint(provider="karrio")
    press(client, endpoint, "ask-key", key=KEY)
    press(client, endpoint, "ask-no-more")
    assert (Contact.objects.get().keys, Contact.objects.get().is_asking) == ([], False)
    assert flashes(press(client, endpoint, "ask"))[-1] == "It is not asked: enter a key of its API first."
