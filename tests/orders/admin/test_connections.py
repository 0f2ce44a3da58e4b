"""API keys and endpoints: their secrets are shown once, and open the door."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from orders.models import ApiKey, Channel, Endpoint
from orders.services import ChannelNeeded, issue_key, open_endpoint
from tests.factories import Shop
from tests.staff import client_of, flashes


def _new_key(client: Any, shop: Shop, **more: Any) -> Any:
    data = {"operation": uuid4(), "channel": shop.channel.pk, "name": "Web shop", "scopes": ["orders:read"]} | more
    return client.post("/admin/orders/apikey/add/", data)


def test_the_secret_of_a_new_key_is_shown_once_and_opens(shop: Shop) -> None:
    client = client_of("integrator")
    response = _new_key(client, shop)
    secret = dict(response.context["secrets"])["API key"]
    key = ApiKey.objects.for_secret(secret).usable(timezone.now()).get()
    assert (key.name, key.scopes, secret in response.content.decode()) == ("Web shop", ["orders:read"], True)
    assert "no-store" in response["Cache-Control"]
    for url in ("/admin/orders/apikey/", f"/admin/orders/apikey/{key.pk}/change/"):
        page = client.get(url).content.decode()
        assert secret not in page
        assert key.digest not in page


def test_a_key_without_scopes_or_with_a_past_end_is_not_made(shop: Shop) -> None:
    client = client_of("integrator")
    assert _new_key(client, shop, scopes=[]).status_code == 422
    assert _new_key(client, shop, expires_on="2020-01-01").status_code == 422
    assert not ApiKey.objects.exists()


def test_a_revoked_key_opens_nothing_and_is_not_revoked_twice(shop: Shop) -> None:
    key, secret = issue_key(shop.channel, name="web", scopes=["orders:read"])
    client, url = client_of("integrator"), f"/admin/orders/apikey/{key.pk}/do/revoke/"
    client.post(url, {"operation": uuid4()})
    revoked_at = ApiKey.objects.get().revoked_at
    assert not ApiKey.objects.for_secret(secret).usable(timezone.now()).exists()
    assert flashes(client.post(url, {"operation": uuid4()}))[-1] == "This key was revoked already."
    assert ApiKey.objects.get().revoked_at == revoked_at


def test_an_endpoint_tells_its_address_and_secret_once(shop: Shop) -> None:
    client = client_of("integrator")
    data = {"operation": uuid4(), "provider": "generic", "channel": "", "mode": "LIVE"}
    shown = dict(client.post("/admin/orders/endpoint/add/", data).context["secrets"])
    endpoint = Endpoint.objects.get()
    assert shown == {"Address": endpoint.url, "Secret": endpoint.secrets[0]}
    assert endpoint.secrets[0].startswith("whsec_")
    for url in ("/admin/orders/endpoint/", f"/admin/orders/endpoint/{endpoint.pk}/change/"):
        page = client.get(url).content.decode()
        assert endpoint.path in page
        assert endpoint.secrets[0] not in page


def test_a_new_secret_stands_beside_the_last_one_until_the_next(shop: Shop) -> None:
    endpoint = open_endpoint(provider="generic")
    first = endpoint.secrets[0]
    client, url = client_of("integrator"), f"/admin/orders/endpoint/{endpoint.pk}/do/rotate/"
    second = dict(client.post(url, {"operation": uuid4()}).context["secrets"])["New secret"]
    assert Endpoint.objects.get().secrets == [second, first]
    third = dict(client.post(url, {"operation": uuid4()}).context["secrets"])["New secret"]
    assert Endpoint.objects.get().secrets == [third, second]


def test_an_endpoint_is_closed_and_opened_again(shop: Shop) -> None:
    endpoint = open_endpoint(provider="generic")
    client, base = client_of("integrator"), f"/admin/orders/endpoint/{endpoint.pk}/do"
    client.post(f"{base}/close/", {"operation": uuid4()})
    assert not Endpoint.objects.get().is_active
    assert flashes(client.post(f"{base}/close/", {"operation": uuid4()}))[-1] == "This endpoint is closed already."
    client.post(f"{base}/reopen/", {"operation": uuid4()})
    assert Endpoint.objects.get().is_active


def test_an_endpoint_whose_provider_makes_the_secret_shows_its_address_with_the_token_once(shop: Shop) -> None:
    client = client_of("integrator")
    data = {"operation": uuid4(), "provider": "karrio", "channel": "", "mode": "LIVE"}
    shown = dict(client.post("/admin/orders/endpoint/add/", data).context["secrets"])
    endpoint = Endpoint.objects.get()
    assert (shown, endpoint.secrets) == ({"Address": f"{endpoint.url}?token={endpoint.tokens[0]}"}, [])
    url = f"/admin/orders/endpoint/{endpoint.pk}"
    page = client.get(f"{url}/change/").content.decode()
    assert ("Waits for its secret" in page, endpoint.tokens[0] in page) == (True, False)
    client.post(f"{url}/do/rotate/", {"operation": uuid4()})
    assert Endpoint.objects.get().secrets == []
    assert client.post(f"{url}/do/enter/", {"operation": uuid4(), "secret": "short"}).status_code == 409
    assert Endpoint.objects.get().secrets == []
    client.post(f"{url}/do/enter/", {"operation": uuid4(), "secret": "whsec_of_karrio_itself"})
    assert Endpoint.objects.get().secrets == ["whsec_of_karrio_itself"]
    moved = dict(client.post(f"{url}/do/move/", {"operation": uuid4()}).context["secrets"])["New address"]
    fresh = Endpoint.objects.get()
    assert (moved, fresh.tokens[1]) == (f"{endpoint.url}?token={fresh.tokens[0]}", endpoint.tokens[0])
    client.post(f"{url}/do/forget/", {"operation": uuid4()})
    assert Endpoint.objects.get().tokens == fresh.tokens[:1]
    again = client.post(f"{url}/do/forget/", {"operation": uuid4()})
    assert flashes(again)[-1] == "Only the current secret is valid already."


def test_a_secret_that_is_too_short_opens_no_endpoint_and_says_why(shop: Shop) -> None:
    data = {"operation": uuid4(), "provider": "17track", "channel": "", "mode": "LIVE", "secret": "short"}
    answer = client_of("integrator").post("/admin/orders/endpoint/add/", data)
    assert (answer.status_code, "at least 12 characters" in answer.content.decode()) == (422, True)
    assert not Endpoint.objects.exists()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"provider": "shopify"}, "Shopify names orders by the shop&#x27;s own ids: choose the channel of that shop."),
        ({"provider": "generic", "mode": "TEST"}, "An endpoint for tests reaches the orders of one channel only"),
    ],
)
def test_an_endpoint_that_needs_a_channel_is_not_opened_without_one(
    shop: Shop, given: dict[str, str], sentence: str
) -> None:
    client, data = client_of("integrator"), {"channel": "", "mode": "LIVE"} | given
    answer = client.post("/admin/orders/endpoint/add/", data | {"operation": uuid4()})
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    assert list(answer.context["form"].errors) == ["channel"]
    with pytest.raises(ChannelNeeded):
        open_endpoint(provider=data["provider"], mode=data["mode"])
    assert not Endpoint.objects.exists()
    client.post("/admin/orders/endpoint/add/", data | {"operation": uuid4(), "channel": str(shop.channel.pk)})
    assert Endpoint.objects.get().channel == shop.channel


@pytest.mark.parametrize(
    ("provider", "secret"), [("aftership", ""), ("17track", ""), ("easypost", "a-secret-of-their-own")]
)
def test_where_there_is_nothing_to_copy_the_new_endpoint_shows_its_page(shop: Shop, provider: str, secret: str) -> None:
    data = {"operation": uuid4(), "provider": provider, "channel": "", "mode": "LIVE", "secret": secret}
    answer = client_of("integrator").post("/admin/orders/endpoint/add/", data)
    endpoint = Endpoint.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/admin/orders/endpoint/{endpoint.pk}/change/")
    assert flashes(answer)[-1].startswith("The endpoint is open. ")


def test_what_is_wrong_with_the_second_signature_stands_beside_it(shop: Shop) -> None:
    data = {"operation": uuid4(), "provider": "shippo", "channel": "", "mode": "LIVE", "accept_v2": "on"}
    answer = client_of("integrator").post("/admin/orders/endpoint/add/", data)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["accept_v2"])
    assert not Endpoint.objects.exists()


def test_only_easypost_has_a_second_signature_to_believe(shop: Shop) -> None:
    client = client_of("integrator")
    for provider, is_believed, sentence in (
        ("easypost", True, "is changed."),
        ("easypost", True, "It is so already."),
        ("easypost", False, "is changed."),
        ("shippo", True, "Shippo signs one way only."),
    ):
        endpoint = Endpoint.objects.filter(provider=provider).first() or open_endpoint(provider=provider)
        data = {"operation": uuid4(), **({"is_believed": "on"} if is_believed else {})}
        answer = client.post(f"/admin/orders/endpoint/{endpoint.pk}/do/second/", data)
        assert sentence in flashes(answer)[-1]
        assert Endpoint.objects.get(pk=endpoint.pk).accept_v2 == (is_believed and provider == "easypost")


@pytest.mark.parametrize("provider", ["aftership", "karrio", "17track", "shippo"])
def test_the_command_prints_the_address_where_the_provider_makes_the_secret(
    provider: str, shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("create_endpoint", provider)
    out, err = capsys.readouterr()
    assert (out.strip(), "makes the secret" in err) == (Endpoint.objects.get().secret_path, True)
    call_command("create_endpoint", provider, "--secret", "a-secret-of-theirs")
    assert Endpoint.objects.last().secrets == ["a-secret-of-theirs"]  # type: ignore[union-attr]
    with pytest.raises(CommandError, match="signs one way only"):
        call_command("create_endpoint", provider, "--accept-v2")


def test_where_customers_write_to_is_set_on_the_channel_and_is_an_address(shop: Shop) -> None:
    page, data = f"/admin/orders/channel/{shop.channel.pk}/change/", {"title": "The Mug Shop", "email": "no address"}
    refused = client_of("integrator").post(page, data)
    assert list(refused.context["adminform"].form.errors) == ["email"]
    assert Channel.objects.get().email == "help@mugs.example"
    client_of("integrator").post(page, data | {"email": "hello@mugs.example"})
    assert Channel.objects.get().email == "hello@mugs.example"
    with pytest.raises(IntegrityError), transaction.atomic():
        Channel.objects.update(email="no address")
