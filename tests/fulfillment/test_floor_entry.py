"""Where the floor begins: who may see what, what is offered, and finding a shipment by a scan."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from config.roles import ROLES
from fulfillment import reports
from fulfillment.blockers import reasons
from fulfillment.models import Scan, Shipment
from fulfillment.services import pack_shipment, pick_shipment, ship_shipment
from orders.models import Order
from orders.services import hold_order, release_order
from tests.bench.fill import fill
from tests.factories import ALICE, BOB, Shop, shipment
from tests.fulfillment.floor import person, said, words
from tests.plans import plans_of, reads_whole

MAY = {
    "picker": {"pick", "receive"},
    "packer": {"pack", "ship"},
    "manager": {"pick", "pack", "ship", "receive"},
    "admin": {"pick", "pack", "ship", "receive"},
    "support": set(),
    "auditor": set(),
    "integrator": set(),
}
STEPS = ("pick", "pack", "ship", "receive")


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def manager(db: None) -> Client:
    return client_of(person("manager"))


def urls(order: Order) -> dict[str, str]:
    number = shipment(order).number
    return {step: "/floor/receive/" if step == "receive" else f"/floor/{number}/{step}/" for step in STEPS}


def queue(client: Client, step: str = "pick") -> str:
    return words(client.get("/floor/", {"queue": step}))


def on(order: Order, *steps: Any) -> Order:
    for step in steps:
        step(shipment(order), by=BOB)
    return order


@pytest.mark.parametrize("role", ROLES)
def test_each_role_comes_in_where_it_may_and_nowhere_else(shop: Shop, role: str) -> None:
    shop.receive(shop.mug, 5)
    order = shop.order((shop.mug, 1))
    client = client_of(person(role))
    got = {step for step, url in urls(order).items() if client.get(url).status_code == 200}
    refused = {step for step, url in urls(order).items() if client.get(url).status_code == 403}
    assert (got, refused) == (MAY[role], set(STEPS) - MAY[role])
    posted = {step for step, url in urls(order).items() if client.post(url, {"whole": "1"}).status_code == 403}
    assert posted == refused
    assert client.get("/floor/").status_code == (200 if MAY[role] else 403)
    found = client.get("/floor/find/", {"scanned": order.number}).status_code
    assert found == (302 if MAY[role] - {"receive"} else 403)
    assert (shipment(order).status, Scan.objects.count()) == ("READY", 0)


def test_somebody_unknown_is_asked_to_log_in(shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    order = shop.order((shop.mug, 1))
    for url in ("/floor/", "/floor/find/?scanned=X", f"/floor/{shipment(order).number}/", *urls(order).values()):
        response = Client().get(url)
        assert (response.status_code, response["Location"].startswith("/admin/login/?next=/floor/")) == (302, True)
    assert Client().post(urls(order)["pick"], {"whole": "1"}).status_code == 302
    assert shipment(order).status == "READY"


def test_a_session_that_ended_in_the_middle_leads_to_the_login_not_into_the_panel(shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    url = urls(shop.order((shop.mug, 1)))["pick"]
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{url}"}
    response = Client().post(url, {"whole": "1"}, headers=headers)
    assert (response.status_code, response["HX-Redirect"]) == (200, f"/admin/login/?next={url}")


def test_the_way_through_the_steps_is_offered_to_whom_it_belongs(shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    order = on(shop.order((shop.mug, 1)), pick_shipment)
    done = {"done": shipment(order).number}
    assert "Pack it now" in words(client_of(person("packer", "bob")).get("/floor/", done))
    picker = words(client_of(person("picker", "charlie")).get("/floor/", done))
    assert ("Pack it now" in picker, "To pack" in picker, "To pick" in picker) == (False, False, True)


def test_what_is_due_first_stands_first(shop: Shop, manager: Client) -> None:
    shop.receive(shop.mug, 50)
    today = timezone.localdate()
    late, soon, first = (
        shop.order((shop.mug, 1), placed_at=timezone.now() - timedelta(days=age)) for age in (9, 0, 30)
    )
    numbers = [shipment(each).number for each in (first, late, soon)]
    page = queue(manager)
    assert sorted(numbers, key=page.index) == numbers
    assert "To pick 3 2 late" in page
    assert [row.shipment.order.ship_by < today for row in reports.queue(Shipment.objects.all(), "pick")] == [
        True,
        True,
        False,
    ]


def test_each_queue_counts_its_own(shop: Shop, manager: Client) -> None:
    shop.receive(shop.mug, 50)
    shop.order((shop.mug, 2), placed_at=timezone.now())
    begun = shop.order((shop.mug, 2), placed_at=timezone.now())
    pick_shipment(shipment(begun), by=BOB, lines={1: 1})
    on(shop.order((shop.mug, 1), placed_at=timezone.now()), pick_shipment)
    on(shop.order((shop.mug, 1), placed_at=timezone.now()), pick_shipment, pack_shipment)
    on(shop.order((shop.mug, 1), placed_at=timezone.now()), pick_shipment, pack_shipment, ship_shipment)
    page = queue(manager)
    assert "To pick 2 in time To pack 1 in time To ship 1 in time" in page
    assert "1 of 2 picked" in page


@pytest.mark.parametrize("lines", [None, [], [1], [2], [1, 2]])
@pytest.mark.parametrize("step", ["pick", "pack", "ship"])
def test_the_queue_offers_what_the_guard_allows(shop: Shop, step: str, lines: list[int] | None) -> None:
    """The queue asks in SQL what the guard asks of each shipment: this keeps them one."""
    shop.receive(shop.mug, 1)
    order = shop.order((shop.mug, 1), (shop.teapot, 1))
    here = order.shipments.get(status="READY")
    for do in {"pick": [], "pack": [pick_shipment], "ship": [pick_shipment, pack_shipment]}[step]:
        do(here, by=BOB)
    if lines is not None:
        hold_order(order, by=ALICE, reason="OTHER", lines=lines)
    assert offers(here, step) is (lines is None or lines == [2])
    if lines is not None:
        release_order(order, by=ALICE)
        assert offers(here, step) is True


def test_what_has_no_address_is_not_offered(shop: Shop) -> None:
    shop.receive(shop.mug, 1)
    assert offers(shipment(shop.order((shop.mug, 1), ship_to={"country": "ES"})), "pick") is False


def offers(here: Shipment, step: str) -> bool:
    """Say whether the queue offers the shipment; it must count it so, and the guard must say the same."""
    verb = {"pick": "start_picking", "pack": "pack", "ship": "ship"}[step]
    count = reports.waiting(Shipment.objects.all(), timezone.localdate())[step]
    is_offered = [row.shipment for row in reports.queue(Shipment.objects.all(), step)] == [here]
    assert (count.free, count.blocked) == (int(is_offered), int(not is_offered))
    assert is_offered is not bool(reasons(Shipment.objects.get(pk=here.pk), verb))
    return is_offered


def test_what_is_blocked_is_not_offered_but_counted(shop: Shop, manager: Client) -> None:
    shop.receive(shop.mug, 9)
    held = shop.order((shop.mug, 1))
    hold_order(held, by=ALICE, reason="FRAUD")
    page = queue(manager)
    assert (held.number in page, "1 more is blocked: on hold, or without an address." in page) == (False, True)
    assert "All that is here is blocked." in page


def test_an_empty_floor_says_so(manager: Client) -> None:
    assert "To pick 0 all done" in queue(manager)
    assert ("Nothing to pick" in queue(manager), "Nothing to ship" in queue(manager, "ship")) == (True, True)


@pytest.mark.parametrize("style", [str, str.lower, lambda text: text.replace("-", " "), lambda text: f"  {text} "])
def test_a_scan_goes_straight_to_the_order(shop: Shop, manager: Client, style: Any) -> None:
    shop.receive(shop.mug, 9)
    order = shop.order((shop.mug, 1))
    number = shipment(order).number
    response = manager.get("/floor/find/", {"scanned": style(order.number)}, follow=True)
    assert response.redirect_chain[-1][0] == f"/floor/{number}/pick/"


def test_a_scan_of_a_shipment_goes_to_the_step_it_waits_for(shop: Shop, manager: Client) -> None:
    shop.receive(shop.mug, 9)
    order = shop.order((shop.mug, 1))
    number = shipment(order).number
    for step, do in (("pick", pick_shipment), ("pack", pack_shipment), ("ship", ship_shipment)):
        response = manager.get("/floor/find/", {"scanned": number}, follow=True)
        assert response.redirect_chain[-1][0] == f"/floor/{number}/{step}/"
        do(shipment(order), by=BOB)
    response = manager.get("/floor/find/", {"scanned": number}, follow=True)
    assert said(response) == f"wrong: {number} is on its way."


@pytest.mark.parametrize("scanned", ["nonsense", "OT-00000001", "OT-00000000", "OT-00000000-1", "%", "", "x" * 500])
def test_an_unknown_number_is_said_to_be_unknown(manager: Client, scanned: str) -> None:
    response = manager.get("/floor/find/", {"scanned": scanned}, follow=True)
    told = f"“{scanned[:64]}” is nothing that we know here. Scan it again." if scanned else "Nothing was scanned."
    assert (response.redirect_chain[-1][0], told in said(response)) == ("/floor/", True)


def test_an_order_with_two_shipments_here_asks_which(shop: Shop, manager: Client) -> None:
    from fulfillment import ledger

    north = ledger.open_warehouse("NORTH")
    shop.receive(shop.mug, 2)
    shop.receive(shop.teapot, 1, warehouse=north)
    order = shop.order((shop.mug, 2), (shop.teapot, 1))
    response = manager.get("/floor/find/", {"scanned": order.number}, follow=True)
    assert f"The order has 2 shipments here: {order.number}-1 and {order.number}-2." in said(response)


def test_a_picker_who_scans_what_is_to_be_packed_reads_where_it_is(shop: Shop) -> None:
    shop.receive(shop.mug, 9)
    order = on(shop.order((shop.mug, 1)), pick_shipment)
    response = client_of(person("picker")).get("/floor/find/", {"scanned": order.number}, follow=True)
    assert said(response) == f"wrong: {order.number}-1 is picked."


def test_there_is_nothing_at_an_unknown_shipment(manager: Client) -> None:
    for step in ("", "pick/", "pack/", "ship/"):
        assert manager.get(f"/floor/OT-00000000-1/{step}").status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_queries_of_the_entry(shop: Shop, manager: Client, django_assert_num_queries: Any, rows: int) -> None:
    shop.receive(shop.mug, 50)
    for _ in range(rows):
        shop.order((shop.mug, 1))
    with django_assert_num_queries(13):
        manager.get("/floor/")


def test_the_list_ends_and_says_so(shop: Shop, manager: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "LISTED", 2)
    shop.receive(shop.mug, 50)
    for _ in range(3):
        shop.order((shop.mug, 1))
    assert "The first 2 of 3, what is due first. Scan a number to open any other." in queue(manager)


@pytest.mark.django_db(transaction=True)
def test_the_queues_read_what_is_on_the_floor_alone(shop: Shop, is_postgres: bool) -> None:
    shop.receive(shop.mug, 50_000)
    gone = shop.order((shop.mug, 1))
    ship_shipment(gone.shipments.get(), by=ALICE)
    if is_postgres:  # it plans by the rows there are; SQLite, where nobody says ANALYZE, by the indexes
        fill([gone], 2_000)
    hold_order(shop.order((shop.mug, 1)), by=ALICE, reason="OTHER", lines=[1])
    guarded = {"fulfillment_shipment", "fulfillment_shipmentline", "orders_order", "orders_orderline", "orders_hold"}
    mine = Shipment.objects.of(person("picker"))
    plans = plans_of(
        lambda: (
            reports.waiting(mine, timezone.localdate()),
            [reports.queue(mine, step) for step in reports.STEPS],
        ),
        is_small=False,
    )
    assert (len(plans), [plan for plan in plans if reads_whole(plan, guarded)]) == (4, [])


@pytest.mark.parametrize(
    "path",
    ["?done=%00", "find/?scanned=%00", "look-up/?scanned=a%00b", "pack/?scanned=%00", "receive/?warehouse=%00", "%00/"],
)
def test_a_character_that_no_database_keeps_is_refused(shop: Shop, path: str) -> None:
    client = client_of(person("manager"))
    assert client.get(f"/floor/{path}").status_code == 400
    sent = {"operation": str(uuid4()), "scanned": "\0"}
    assert {client.post(f"/floor/{screen}/", sent).status_code for screen in ("counts", "returns", "receive")} == {400}
    assert Scan.objects.count() == 0


@pytest.mark.parametrize("path", ["NOTHING-1/pick/", "counts/999/", "returns/NOTHING/"])
def test_a_screen_of_nothing_leads_back_to_the_floor(shop: Shop, path: str) -> None:
    answer = client_of(person("manager")).get(f"/floor/{path}")
    assert (answer.status_code, "Back to the floor" in words(answer)) == (404, True)
