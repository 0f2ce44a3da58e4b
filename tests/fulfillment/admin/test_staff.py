"""The admin's page of the people on the floor: badges and PINs are set there and never shown."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from fulfillment import ledger
from fulfillment.models import Staff
from fulfillment.services import by_badge, by_pin, give_badge, new_badge
from tests.factories import Shop
from tests.fulfillment.floor import person
from tests.fulfillment.yard import works_in
from tests.staff import client_of, flashes

PIN = "271828"


@pytest.fixture
def bob(shop: Shop) -> Staff:
    return Staff.objects.create(user=User.objects.create_user("bob"))


def press(client: Client, staff: Staff, verb: str, **given: str) -> Any:
    url = f"/admin/fulfillment/staff/{staff.pk}/do/{verb}/"
    return client.post(url, given | {"operation": "00000000-0000-4000-8000-000000000000"})


def test_a_badge_that_is_scanned_stands_for_the_person_and_is_not_shown(bob: Staff) -> None:
    client, badge = client_of("manager"), new_badge()
    assert flashes(press(client, bob, "badge", badge=badge)) == ["bob has this badge now."]
    assert by_badge(badge).user == bob.user
    page = client.get(f"/admin/fulfillment/staff/{bob.pk}/change/").content.decode()
    digest = Staff.objects.get(pk=bob.pk).badge_digest
    assert (badge in page, str(digest) in page) == (False, False)


def test_a_badge_that_is_made_is_shown_once(bob: Staff) -> None:
    client = client_of("manager")
    page = press(client, bob, "new-badge").content.decode()
    badge = next(word for word in page.replace("<", " ").replace(">", " ").split() if word.startswith("BADGE-"))
    assert by_badge(badge).user == bob.user
    assert badge not in client.get(f"/admin/fulfillment/staff/{bob.pk}/change/").content.decode()


@pytest.mark.parametrize("badge", ["", "BADGE-SHORT", "A" * 40])
def test_a_badge_that_could_be_guessed_is_refused(bob: Staff, badge: str) -> None:
    assert press(client_of("manager"), bob, "badge", badge=badge).status_code == 422
    assert Staff.objects.get(pk=bob.pk).badge_digest is None


def test_a_badge_of_somebody_else_is_refused(bob: Staff) -> None:
    other, badge = Staff.objects.create(user=User.objects.create_user("charlie")), new_badge()
    give_badge(other, badge)
    said = flashes(press(client_of("manager"), bob, "badge", badge=badge))
    assert said == ["Somebody else wears this badge. Take another."]
    assert by_badge(badge).user == other.user


def test_a_pin_is_set_and_taken_back(bob: Staff) -> None:
    client = client_of("manager")
    assert flashes(press(client, bob, "pin", pin=PIN)) == ["bob has a PIN."]
    assert by_pin("bob", PIN).user == bob.user
    press(client, bob, "take-back")
    assert by_pin("bob", PIN).user is None


@pytest.mark.parametrize("pin", ["", "12345", "111111", "121212", "123456", "987654", "27182a", "٢٧١٨٢٨"])
def test_a_pin_that_is_guessed_at_once_is_refused(bob: Staff, pin: str) -> None:
    assert press(client_of("manager"), bob, "pin", pin=pin).status_code == 422
    assert Staff.objects.get(pk=bob.pk).pin == ""


def test_who_works_in_one_warehouse_makes_nobody_work_in_another(shop: Shop, bob: Staff) -> None:
    far = ledger.open_warehouse("FAR")
    bob.warehouses.set([shop.warehouse])
    client = Client()
    client.force_login(works_in("manager", shop.warehouse))
    url = f"/admin/fulfillment/staff/{bob.pk}/change/"
    for wanted in ([], [far.pk], [shop.warehouse.pk, far.pk]):
        client.post(url, {"warehouses": wanted})
        assert list(bob.warehouses.all()) == [shop.warehouse]
    newcomer = User.objects.create_user("charlie")
    client.post("/admin/fulfillment/staff/add/", {"user": newcomer.pk, "warehouses": [far.pk]})
    assert not Staff.objects.filter(user=newcomer).exists()
    client.post("/admin/fulfillment/staff/add/", {"user": newcomer.pk, "warehouses": [shop.warehouse.pk]})
    assert list(Staff.objects.get(user=newcomer).warehouses.all()) == [shop.warehouse]


def test_who_works_in_one_warehouse_leads_nobody_who_works_in_others_too(shop: Shop, bob: Staff) -> None:
    far = ledger.open_warehouse("FAR")
    client = Client()
    client.force_login(works_in("manager", shop.warehouse))
    for places in ([], [far], [shop.warehouse, far]):
        bob.warehouses.set(places)
        assert press(client, bob, "pin", pin=PIN).status_code in {403, 404}
    assert Staff.objects.get(pk=bob.pk).pin == ""


@pytest.mark.parametrize("role", ["manager", "picker", "superuser", "permission"])
def test_who_works_in_one_warehouse_takes_over_nobody_who_works_in_all(shop: Shop, role: str) -> None:
    ledger.open_warehouse("FAR")
    boss = User.objects.create_user("boss") if role in {"superuser", "permission"} else person(role, "boss")
    if role == "permission":
        boss.user_permissions.add(Permission.objects.get(codename="pick_shipment"))
    User.objects.filter(pk=boss.pk).update(is_superuser=role == "superuser")
    client, sent = Client(), {"user": boss.pk, "warehouses": [shop.warehouse.pk]}
    client.force_login(works_in("manager", shop.warehouse))
    page = client.get("/admin/fulfillment/staff/add/").content.decode()
    assert (">boss<" in page, "Whoever has a role already" in page) == (False, True)
    answer = client.post("/admin/fulfillment/staff/add/", sent)
    assert (answer.status_code, "Select a valid choice" in answer.content.decode()) == (200, True)
    assert not Staff.objects.filter(user=boss).exists()
    client_of("manager").post("/admin/fulfillment/staff/add/", sent)
    assert list(Staff.objects.get(user=boss).warehouses.all()) == [shop.warehouse]
