"""Who may do what: every button with every role, tried by POST, against a table written by hand."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from fulfillment.models import Reship, StockItem, StockMovement
from fulfillment.services import ParcelDraft, lose_shipment, pack_shipment, pick_shipment, ship_shipment, split_shipment
from notifications.models import Message
from orders.models import ApiKey, Endpoint, Event, Inbox, Order
from orders.services import hold_order, issue_key, open_endpoint, rotate_secret
from tests.factories import BOB, Shop, shipment
from tests.hooks import event
from tests.staff import client_of
from tracking.models import Alarm, CarrierCode, Contact, Finding, Question, Snapshot
from tracking.services import begin_asking, move_shipment, take_carrier_events

ROLES = ["picker", "packer", "support", "manager", "auditor", "integrator", "admin"]
SERVE = {"support", "manager", "admin"}
LEAD = {"manager", "admin"}

Prepared = tuple[str, dict[str, Any]]


def _order(shop: Shop) -> Order:
    shop.receive(shop.mug, 5)
    return shop.order((shop.mug, 2))


def _url(thing: Any, verb: str) -> str:
    return f"/admin/{thing._meta.app_label}/{thing._meta.model_name}/{thing.pk}/do/{verb}/"


def on_order(verb: str, **data: Any) -> Callable[[Shop], Prepared]:
    return lambda shop: (_url(_order(shop), verb), data)


def on_shipment(verb: str, *steps: Any, **data: Any) -> Callable[[Shop], Prepared]:
    def prepare(shop: Shop) -> Prepared:
        order = _order(shop)
        for step in steps:
            step(shipment(order), by=BOB)
        return _url(shipment(order), verb), data

    return prepare


def _release(shop: Shop) -> Prepared:
    order = _order(shop)
    hold_order(order, by=BOB, reason="ADDRESS")
    return _url(order, "release"), {}


def _merge(shop: Shop) -> Prepared:
    order = _order(shop)
    part = split_shipment(shipment(order), {1: 1}, by=BOB)
    return _url(shipment(order), "merge"), {"other": part.pk}


def on_stock(verb: str, **data: Any) -> Callable[[Shop], Prepared]:
    def prepare(shop: Shop) -> Prepared:
        shop.receive(shop.mug, 5, bin="STOCK")
        return _url(StockItem.objects.get(), verb), {"bin": "STOCK", **data}

    return prepare


def _revoke(shop: Shop) -> Prepared:
    return _url(issue_key(shop.channel, name="web", scopes=[])[0], "revoke"), {}


def on_endpoint(verb: str, provider: str = "generic", **data: Any) -> Callable[[Shop], Prepared]:
    return lambda _: (_url(open_endpoint(provider=provider), verb), data)


def _ask(verb: str) -> Callable[[Shop], Prepared]:
    def prepare(shop: Shop) -> Prepared:
        endpoint, order = open_endpoint(provider="karrio"), _order(shop)
        ship_shipment(shipment(order), by=BOB, parcels=[ParcelDraft("dhl", order.number)])
        begin_asking(endpoint, "a-key-of-their-api")
        return _url(endpoint, verb), {}

    return prepare


def _forget(_shop: Shop) -> Prepared:
    endpoint = open_endpoint(provider="generic")
    rotate_secret(endpoint)
    return _url(endpoint, "forget"), {}


def _take_back(_shop: Shop) -> Prepared:
    row = CarrierCode.objects.filter(provider="easypost", field="detail", code="held")
    row.update(status="LOST", changed_by="user:1")
    return _url(row.get(), "reset"), {}


def _acknowledge(shop: Shop) -> Prepared:
    finding = Finding.objects.create(check_name="stock", subject=uuid4(), severity="ERROR", message="It is off.")
    return _url(finding, "acknowledge"), {}


def _identify(shop: Shop) -> Prepared:
    number = str(uuid4())
    for order in (_order(shop), last := _order(shop)):
        ship_shipment(shipment(order), by=BOB, parcels=[ParcelDraft("dhl", number)])
    take_carrier_events([event(number)], by=BOB)
    parcel = shipment(last).parcels.get()
    return _url(Snapshot.objects.order_by("-pk")[0], "identify"), {"parcel": parcel.number}


def _none_of_ours(shop: Shop) -> Prepared:
    url, _ = _identify(shop)
    return url.replace("/identify/", "/aside/"), {"reason": "Of another shop."}


def _put_aside(_shop: Shop) -> Prepared:
    given = {"source": "csv", "dedupe_key": str(uuid4()), "raw": b"?", "status": "QUARANTINED"}
    return _url(Inbox.objects.create(**given), "aside"), {"reason": "A try."}


def on_alarm(verb: str, **data: Any) -> Callable[[Shop], Prepared]:
    def prepare(shop: Shop) -> Prepared:
        order = _order(shop)
        ship_shipment(shipment(order), by=BOB)
        parcel = shipment(order).parcels.get()
        until = timezone.now() + timedelta(days=1)
        more = {"owner": "user:0", "since": parcel.shipped_at, "snoozed_until": until}
        return _url(Alarm.objects.create(parcel=parcel, kind="LOST", **more), verb), data

    return prepare


def on_reship(verb: str) -> Callable[[Shop], Prepared]:
    return lambda shop: (_url(_lost(shop), verb), {})


def _lost(shop: Shop) -> Reship:
    order = _order(shop)
    move_shipment(ship_shipment(shipment(order), by=BOB), "lose", by=BOB)
    return Reship.objects.get(order=order)


def _send_by_alarm(shop: Shop) -> Prepared:
    lost = _lost(shop).parcel
    return _url(Alarm.objects.create(parcel=lost, kind="LOST", since=lost.shipped_at), "send-again"), {}


BUTTONS: dict[str, tuple[Callable[[Shop], Prepared], set[str]]] = {
    "hold": (on_order("hold", reason="ADDRESS"), SERVE),
    "release": (_release, SERVE),
    "note": (on_order("note", text="Rang twice."), SERVE),
    "cancel lines": (on_order("cancel-lines", reason="Another reason", line_1=1), SERVE),
    "cancel": (on_order("cancel", reason="Another reason"), SERVE),
    "pick": (on_shipment("pick"), {"picker", *LEAD}),
    "pack": (on_shipment("pack", pick_shipment), {"packer", *LEAD}),
    "ship": (on_shipment("ship", pick_shipment, pack_shipment, carrier_1="dhl"), {"packer", *LEAD}),
    "split": (on_shipment("split", line_1=1), LEAD),
    "merge": (_merge, LEAD),
    "deliver": (on_shipment("deliver", ship_shipment), LEAD),
    "lose": (on_shipment("lose", ship_shipment), LEAD),
    "find": (on_shipment("find", ship_shipment, lose_shipment), LEAD),
    "return": (on_shipment("return", ship_shipment), LEAD),
    "receive": (on_stock("receive", quantity=3, reference="DN-1"), {"picker", *LEAD}),
    "adjust": (on_stock("adjust", delta=-1, reason="damaged"), LEAD),
    "revoke": (_revoke, {"integrator", "admin"}),
    "rotate": (on_endpoint("rotate"), {"integrator", "admin"}),
    "close": (on_endpoint("close"), {"integrator", "admin"}),
    "enter": (on_endpoint("enter", secret="whsec_" + "A" * 43), {"integrator", "admin"}),
    "move": (on_endpoint("move", provider="karrio"), {"integrator", "admin"}),
    "second": (on_endpoint("second", provider="easypost", is_believed="on"), {"integrator", "admin"}),
    "ask key": (on_endpoint("ask-key", provider="karrio", key="a-key-of-their-api"), {"integrator", "admin"}),
    "ask": (_ask("ask"), {"integrator", "admin"}),
    "ask no more": (_ask("ask-no-more"), {"integrator", "admin"}),
    "forget": (_forget, {"integrator", "admin"}),
    "take back": (_take_back, LEAD),
    "say which parcel": (_identify, SERVE),
    "it means none of ours": (_none_of_ours, SERVE),
    "put aside": (_put_aside, {"manager", "integrator", "admin"}),
    "take alarm": (on_alarm("take"), SERVE),
    "snooze alarm": (on_alarm("snooze", days="2"), SERVE),
    "wake alarm": (on_alarm("wake"), SERVE),
    "leave alarm": (on_alarm("leave"), SERVE),
    "send again": (on_reship("send"), SERVE),
    "do not send again": (on_reship("decline"), SERVE),
    "send again by its alarm": (_send_by_alarm, SERVE),
    "acknowledge": (_acknowledge, LEAD),
}


def _everything() -> tuple[Any, ...]:
    """All that a button could change."""
    return (
        Event.objects.count(),
        StockMovement.objects.count(),
        list(ApiKey.objects.values_list("revoked_at")),
        list(CarrierCode.objects.exclude(changed_by="").values_list("pk")),
        [(each.is_asking, each.keys) for each in Contact.objects.all()],
        list(Question.objects.values_list("is_urgent")),
        [(each.is_active, each.secrets, each.tokens, each.accept_v2) for each in Endpoint.objects.all()],
        list(Finding.objects.values_list("status")),
        list(Alarm.objects.values_list("owner", "snoozed_until")),
        list(Message.objects.values_list("status")),
        list(Inbox.objects.values_list("status")),
        list(Snapshot.objects.values_list("aside_by")),
    )


@pytest.mark.parametrize("button", BUTTONS)
def test_each_button_works_for_the_roles_of_the_table_and_does_nothing_for_the_others(shop: Shop, button: str) -> None:
    prepare, allowed = BUTTONS[button]
    url, data = prepare(shop)
    before = _everything()
    for role in set(ROLES) - allowed:
        response = client_of(role).post(url, data | {"operation": uuid4()})
        assert (role, response.status_code, _everything()) == (role, 403, before)
    for role in allowed:
        url, data = prepare(shop)
        before = _everything()
        response = client_of(role).post(url, data | {"operation": uuid4()})
        assert (role, response.status_code in {200, 302}, _everything() != before) == (role, True, True)


SHOWN = {
    "picker": {"Pick all"},
    "packer": {"Ship"},
    "support": {"Hold", "Write a note", "Cancel lines", "Cancel the order"},
    "manager": {"Pick all", "Ship", "Split", "Hold", "Write a note", "Cancel lines", "Cancel the order"},
    "auditor": set(),
    "integrator": set(),
    "admin": {"Pick all", "Ship", "Split", "Hold", "Write a note", "Cancel lines", "Cancel the order"},
}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_the_buttons_it_may_press(shop: Shop, role: str) -> None:
    response = client_of(role).get(f"/admin/orders/order/{_order(shop).pk}/change/")
    offers = [*response.context["offers"], *(offer for card in response.context["shipments"] for offer in card.offers)]
    assert {offer.act.label for offer in offers if offer.is_now} == SHOWN[role]


MAKES = {
    "/admin/orders/product/add/": LEAD,
    "/admin/orders/shippingmethod/add/": LEAD,
    "/admin/orders/channel/add/": {"integrator", "admin"},
    "/admin/orders/apikey/add/": {"integrator", "admin"},
    "/admin/orders/endpoint/add/": {"integrator", "admin"},
    "/admin/fulfillment/stockitem/add/": {"picker", *LEAD},
    "/admin/fulfillment/receipt/add/": LEAD,
    "/admin/fulfillment/reorderrule/add/": LEAD,
    "/admin/fulfillment/holiday/add/": LEAD,
    "/admin/fulfillment/warehouse/add/": {"admin"},
    "/admin/fulfillment/bin/add/": {"admin"},
    "/admin/auth/user/add/": {"admin"},
    "/admin/orders/order/add/": set(),
    "/admin/orders/inbox/add/": set(),
    "/admin/orders/customer/add/": set(),
    "/admin/fulfillment/stockmovement/add/": set(),
    "/admin/tracking/finding/add/": set(),
}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_make_what_the_table_says(shop: Shop, role: str) -> None:
    client = client_of(role)
    opened = {url for url in MAKES if client.get(url).status_code == 200}
    assert opened == {url for url, roles in MAKES.items() if role in roles}


LISTS = {
    "orders/order": set(ROLES),
    "fulfillment/shipment": set(ROLES),
    "orders/customer": {"support", "manager", "auditor", "integrator", "admin"},
    "fulfillment/stockitem": set(ROLES),
    "fulfillment/receipt": set(ROLES),
    "fulfillment/reship": {"support", "manager", "auditor", "admin"},
    "fulfillment/stockmovement": {"manager", "auditor", "admin"},
    "orders/product": set(ROLES),
    "fulfillment/warehouse": set(ROLES),
    "fulfillment/bin": set(ROLES),
    "fulfillment/holiday": set(ROLES),
    "tracking/tracker": {"support", "manager", "auditor", "admin"},
    "tracking/snapshot": {"support", "manager", "auditor", "admin"},
    "tracking/alarm": {"support", "manager", "auditor", "admin"},
    "tracking/learntlane": {"support", "manager", "auditor", "admin"},
    "notifications/message": {"support", "manager", "auditor", "admin"},
    "orders/inbox": {"support", "manager", "auditor", "integrator", "admin"},
    "tracking/carriercode": {"manager", "auditor", "integrator", "admin"},
    "tracking/unmappedcode": {"manager", "auditor", "integrator", "admin"},
    "tracking/remapping": {"manager", "auditor", "integrator", "admin"},
    "tracking/finding": {"manager", "auditor", "admin"},
    "tracking/auditrun": {"manager", "auditor", "admin"},
    "orders/channel": {"manager", "auditor", "integrator", "admin"},
    "orders/shippingmethod": {"manager", "auditor", "integrator", "admin"},
    "orders/apikey": {"manager", "auditor", "integrator", "admin"},
    "orders/endpoint": {"support", "manager", "auditor", "integrator", "admin"},
    "auth/user": {"admin"},
    "auth/group": {"admin"},
}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_the_lists_of_the_table_and_finds_them_in_its_sidebar(shop: Shop, role: str) -> None:
    client = client_of(role)
    opened = {name for name in LISTS if client.get(f"/admin/{name}/").status_code == 200}
    assert opened == {name for name, roles in LISTS.items() if role in roles}
    page = client.get("/admin/").content.decode()
    assert {name for name in LISTS if f'href="/admin/{name}/"' in page} == opened


@pytest.mark.parametrize("role", ["auditor", "picker"])
def test_who_may_look_only_cannot_change_anything_by_a_form(shop: Shop, role: str) -> None:
    order, before = _order(shop), _everything()
    client = client_of(role)
    for name, pk in (
        ("orders/order", order.pk),
        ("orders/product", shop.mug.pk),
        ("fulfillment/warehouse", shop.warehouse.pk),
        ("fulfillment/stockitem", StockItem.objects.get().pk),
    ):
        assert client.post(f"/admin/{name}/{pk}/change/", {"name": "mine", "code": "X"}).status_code == 403
        assert client.post(f"/admin/{name}/{pk}/delete/", {"post": "yes"}).status_code == 403
    shop.mug.refresh_from_db()
    assert (shop.mug.name, _everything()) == ("Enamel mug", before)


def test_nobody_gets_in_without_a_log_in(shop: Shop, client: Any) -> None:
    order, before = _order(shop), _everything()
    for url in ("/admin/", "/admin/orders/order/", f"/admin/orders/order/{order.pk}/change/"):
        response = client.get(url)
        assert (response.status_code, response["Location"].partition("?")[0]) == (302, "/admin/login/")
    assert client.post(_url(order, "cancel"), {"reason": "Another reason"}).status_code == 302
    assert _everything() == before


def test_a_role_that_may_make_users_makes_no_superuser_and_touches_none(shop: Shop) -> None:
    from django.contrib.auth.models import User

    root = User.objects.create_superuser("root", password="a long password")
    clerk = User.objects.create_user("clerk", is_staff=True)
    client = client_of("admin")
    assert client.post(f"/admin/auth/user/{root.pk}/change/", {"username": "mine"}).status_code == 403
    assert client.post(f"/admin/auth/user/{root.pk}/password/", {"password1": "x", "password2": "x"}).status_code == 403
    client.post(f"/admin/auth/user/{clerk.pk}/change/", {"username": "clerk", "is_superuser": "on", "is_active": "on"})
    assert set(User.objects.filter(is_superuser=True)) == {root}


def test_who_is_made_in_the_admin_can_log_in(shop: Shop) -> None:
    from django.contrib.auth.models import User

    given = {"username": "newcomer", "usable_password": "true", "password1": "teapots 7 x", "password2": "teapots 7 x"}
    client_of("admin").post("/admin/auth/user/add/", given)
    newcomer = User.objects.get(username="newcomer")
    assert (newcomer.is_staff, newcomer.is_superuser, newcomer.groups.count()) == (True, False, 0)
    client_of("admin").post(f"/admin/auth/user/{newcomer.pk}/change/", {"username": "newcomer", "is_active": "on"})
    assert not User.objects.get(username="newcomer").is_staff, "whoever may make users may shut them out again"


def test_the_roles_of_the_table_are_not_edited_in_the_admin(shop: Shop) -> None:
    from django.contrib.auth.models import Group

    picker = Group.objects.get(name="picker")
    before = set(picker.permissions.all())
    assert client_of("admin").post(f"/admin/auth/group/{picker.pk}/change/", {"name": "picker"}).status_code == 403
    assert set(picker.permissions.all()) == before


def test_every_permission_that_the_table_names_exists(shop: Shop) -> None:
    from django.contrib.auth.models import Permission

    from config import roles

    known = {f"{app}.{name}" for app, name in Permission.objects.values_list("content_type__app_label", "codename")}
    named = {name for names in roles.ROLES.values() for name in names}
    assert named - known == {"*"}
