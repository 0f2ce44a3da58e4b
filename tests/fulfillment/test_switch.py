"""A shared device: a badge or a PIN says who is there, for the floor alone and not for ever."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from fulfillment.models import Scan, Staff
from fulfillment.services import by_pin, give_badge, give_pin, new_badge, take_back
from fulfillment.services.switch import TRIES, BadgeTaken, digest_of
from tests.factories import Shop, shipment
from tests.fulfillment.floor import person, said

PIN = "271828"


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def staff(role: str, name: str, **more: Any) -> tuple[User, str]:
    """Return somebody with the PIN, and their badge."""
    user, badge = person(role, name), new_badge()
    User.objects.filter(pk=user.pk).update(**more)
    known = Staff.objects.create(user=user)
    give_badge(known, badge)
    give_pin(known, PIN)
    return user, badge


@pytest.fixture
def device(shop: Shop) -> Client:
    """A device of which alice, a picker, is logged in with her password."""
    client = Client()
    client.force_login(person("picker"))
    return client


def who(client: Client) -> str | None:
    found = client.session.get("_auth_user_id")
    return User.objects.get(pk=found).username if found else None


def switch(client: Client, **given: str) -> Any:
    return client.post("/floor/switch/", given)


def test_badge_and_pin_stand_in_the_database_as_digests_only(device: Client) -> None:
    user, badge = staff("packer", "bob")
    row = Staff.objects.get(user=user)
    assert (len(badge) >= 26 + 6, row.badge_digest == digest_of(badge.lower())) == (True, True)
    assert badge[6:] not in f"{row.badge_digest}{row.pin}"
    assert PIN not in row.pin


def test_a_badge_changes_the_person_and_the_session(device: Client) -> None:
    _, badge = staff("packer", "bob")
    before = device.session.session_key, device.get("/floor/switch/").cookies["csrftoken"].value
    answer = switch(device, scanned=badge.lower())
    assert (answer.status_code, answer["Location"], who(device)) == (302, "/floor/", "bob")
    assert device.session.session_key != before[0]
    assert device.cookies["csrftoken"].value != before[1]
    assert "right: Hello bob." in said(device.get("/floor/"))


def test_name_and_pin_change_the_person(device: Client) -> None:
    staff("packer", "bob")
    assert (switch(device, username="bob", pin=PIN).status_code, who(device)) == (302, "bob")


@pytest.mark.parametrize(
    "given",
    [
        {"scanned": new_badge()},
        {"username": "bob", "pin": "000000"},
        {"username": "nobody", "pin": PIN},
        {"pin": PIN},
        {},
    ],
)
def test_who_is_not_known_changes_nothing(device: Client, given: dict[str, str]) -> None:
    staff("packer", "bob")
    answer = switch(device, **given)
    assert (answer.status_code, who(device), said(answer).split(":")[0]) == (422, "alice", "wrong")


def test_somebody_without_a_pin_is_not_let_in_by_an_empty_one(device: Client) -> None:
    Staff.objects.create(user=person("packer", "bob"))
    for pin in ("", "!", "None"):
        assert (switch(device, username="bob", pin=pin).status_code, who(device)) == (422, "alice")


@pytest.mark.parametrize(
    ("role", "more"), [("admin", {"is_superuser": True}), ("packer", {"is_active": False}), ("auditor", {})]
)
def test_some_are_never_switched_to(device: Client, role: str, more: dict[str, bool]) -> None:
    _, badge = staff(role, "bob", **more)
    for given in ({"scanned": badge}, {"username": "bob", "pin": PIN}):
        assert (switch(device, **given).status_code, who(device)) == (422, "alice")


def test_a_badge_opens_the_floor_alone(device: Client) -> None:
    _, badge = staff("manager", "mia")
    switch(device, scanned=badge)
    assert device.get("/floor/").status_code == 200
    for path in ("/admin/", "/admin/fulfillment/stockitem/", "/reports/"):
        assert device.get(path)["Location"].startswith("/admin/login/")
    assert device.get("/admin/login/").status_code == 200
    assert device.post("/admin/fulfillment/stockitem/1/do/adjust/").status_code == 302


def test_a_password_opens_the_admin_again(device: Client) -> None:
    user, badge = staff("manager", "mia")
    user.set_password("a long password")
    user.save()
    switch(device, scanned=badge)
    device.post("/admin/login/?next=/admin/", {"username": "mia", "password": "a long password", "next": "/admin/"})
    assert device.get("/admin/").status_code == 200


def test_five_wrong_pins_lock_the_person_out_for_a_while_and_nobody_else(device: Client) -> None:
    _, badge = staff("packer", "bob")
    staff("packer", "charlie")
    for _ in range(TRIES):
        assert "do not belong together" in said(switch(device, username="bob", pin="000000"))
    assert "Wait 5 minutes" in said(switch(device, username="bob", pin=PIN))
    assert who(device) == "alice"
    switch(device, username="charlie", pin=PIN)
    assert who(device) == "charlie"
    with time_machine.travel(timezone.now() + timedelta(minutes=5, seconds=1), tick=True):
        assert by_pin("bob", PIN).user is not None
    switch(device, scanned=badge)
    assert who(device) == "bob"


def test_a_right_pin_clears_the_wrong_ones_before_it(device: Client) -> None:
    staff("packer", "bob")
    for pin in ["000000"] * (TRIES - 1) + [PIN] + ["000000"] * (TRIES - 1) + [PIN]:
        found = by_pin("bob", pin)
    assert found.user is not None


def test_a_badge_scanned_where_something_else_is_asked_changes_the_person_too(device: Client, shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    _, badge = staff("packer", "bob")
    url = f"/floor/{shipment(shop.order((shop.mug, 1))).number}/pick/"
    answer = device.post(url, {"scanned": badge, "operation": "0" * 32})
    assert (answer.status_code, answer["Location"], who(device)) == (302, "/floor/", "bob")
    assert Scan.objects.count() == 0


def test_a_badge_in_a_panel_loads_the_page_anew(device: Client, shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    _, badge = staff("packer", "bob")
    url = f"/floor/{shipment(shop.order((shop.mug, 1))).number}/pick/"
    answer = device.post(url, {"scanned": badge}, headers={"HX-Request": "true"})
    assert (answer["HX-Redirect"], who(device)) == ("/floor/", "bob")


@pytest.mark.parametrize("path", ["/floor/find/", "/floor/look-up/", "/floor/receive/"])
def test_a_badge_in_an_address_lets_nobody_in_and_is_not_repeated(device: Client, path: str) -> None:
    _, badge = staff("packer", "bob")
    answer = device.get(path, {"scanned": badge}, follow=True)
    assert (answer.redirect_chain, who(device)) == ([("/floor/switch/", 302)], "alice")
    assert badge not in answer.content.decode()


def test_a_shared_device_asks_who_is_there_once_nobody_touched_it(device: Client, settings: Any) -> None:
    _, badge = staff("packer", "bob")
    switch(device, scanned=badge)
    assert device.get("/floor/").status_code == 200
    start = timezone.now()
    with time_machine.travel(start + settings.FLOOR_IDLE * 0.9, tick=True):
        assert device.get("/floor/").status_code == 200
    with time_machine.travel(start + settings.FLOOR_IDLE * 1.8, tick=True):
        assert device.get("/floor/").status_code == 200
    with time_machine.travel(start + settings.FLOOR_IDLE * 2.9, tick=True):
        assert device.get("/floor/receive/")["Location"] == "/floor/switch/?next=/floor/receive/"
        assert who(device) is None
        answer = device.post("/floor/switch/?next=/floor/look-up/", {"scanned": badge})
        assert (answer["Location"], who(device)) == ("/floor/look-up/", "bob")


def test_a_device_that_nobody_shares_asks_for_a_password(shop: Shop) -> None:
    _, badge = staff("packer", "bob")
    for call in (Client().get, Client().post):
        answer = call("/floor/switch/", {"scanned": badge})
        assert answer["Location"].startswith("/admin/login/")
    client = Client()
    client.cookies["floor_device"] = "shared:forged:signature"
    assert client.post("/floor/switch/", {"scanned": badge})["Location"].startswith("/admin/login/")


def test_it_leads_to_no_foreign_page(device: Client) -> None:
    _, badge = staff("packer", "bob")
    for wanted in ("https://evil.example/", "//evil.example/floor/", "/admin/"):
        assert device.post(f"/floor/switch/?next={wanted}", {"scanned": badge})["Location"] == "/floor/"


def test_a_badge_is_worn_by_one_person(device: Client) -> None:
    _, badge = staff("packer", "bob")
    other = Staff.objects.create(user=person("packer", "charlie"))
    with pytest.raises(BadgeTaken):
        give_badge(other, badge)
    assert Staff.objects.get(pk=other.pk).badge_digest is None


def test_what_is_taken_back_opens_nothing(device: Client) -> None:
    user, badge = staff("packer", "bob")
    take_back(Staff.objects.get(user=user))
    for given in ({"scanned": badge}, {"username": "bob", "pin": PIN}):
        assert (switch(device, **given).status_code, who(device)) == (422, "alice")


def test_whoever_has_no_work_on_the_floor_does_not_switch(shop: Shop) -> None:
    client = Client()
    client.force_login(person("support"))
    _, badge = staff("packer", "bob")
    assert (client.get("/floor/switch/").status_code, switch(client, scanned=badge).status_code) == (403, 403)
    assert who(client) == "alice"
