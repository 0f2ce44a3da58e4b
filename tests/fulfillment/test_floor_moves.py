"""Putting away, moving and looking up by scan: what frees stock, what is refused, and where things lie."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import (
    Bin,
    BinStock,
    Cart,
    Count,
    PickTask,
    Receipt,
    Scan,
    Staff,
    StockItem,
    StockMovement,
    Wave,
)
from fulfillment.reports import at_dock, dock_to_stock, propose_bin
from fulfillment.services import (
    Act,
    allocate_waiting,
    pick_shipment,
    release_wave,
    scan_to_move,
    scan_to_receive,
)
from tests.api import row_counts
from tests.factories import ALICE, BOB, Shop, shipment
from tests.fulfillment.floor import person, said, words

AWAY, MOVE, LOOK = "/floor/put-away/", "/floor/move/", "/floor/look-up/"


@pytest.fixture
def client(shop: Shop) -> Client:
    for code in ("B-02-01", "A-01-01", "A-02-01"):
        Bin.named(shop.warehouse, code).save()
    return client_of("manager")


def client_of(role: str, name: str = "alice") -> Client:
    client = Client()
    client.force_login(person(role, name))
    return client


def to_dock(shop: Shop, product: Any, quantity: int, reference: str = "DN-1") -> None:
    dock = ledger.standing_bin(shop.warehouse, Bin.Kind.DOCK)
    scan_to_receive(product, quantity, dock, Act(uuid4(), BOB, product.sku), reference, is_begun=True)


def away(client: Client, *, operation: str | None = None, **more: Any) -> Any:
    fields = {"operation": operation or str(uuid4()), "warehouse": "MAIN", "sku": "MUG-01", "bin": "A-01-01"}
    return client.post(AWAY, fields | {"quantity": 5} | more, follow=True)


def move(client: Client, source: str, target: str, quantity: int = 2, *, operation: str | None = None) -> Any:
    fields = {"operation": operation or str(uuid4()), "warehouse": "MAIN", "source": source, "sku": "mug-01"}
    return client.post(MOVE, fields | {"quantity": quantity, "target": target}, follow=True)


def lying(product: Any) -> dict[str, int]:
    rows = BinStock.objects.filter(product=product, quantity__gt=0)
    return dict(rows.values_list("bin__code", "quantity"))


def balance(product: Any) -> tuple[int, int, int]:
    item = StockItem.objects.get(product=product)
    return item.on_hand, item.reserved, item.blocked


# --- putting away ---------------------------------------------------------------------------------------


def test_what_is_put_away_can_be_sold_and_is_given_to_who_waits(client: Client, shop: Shop) -> None:
    order = shop.order((shop.mug, 3))
    to_dock(shop, shop.mug, 5)
    assert allocate_waiting(by=ALICE) == 0  # at the dock it is promised to nobody
    assert said(away(client)) == "right: 5 × Enamel mug from DOCK into A-01-01."
    assert (allocate_waiting(by=ALICE), order.lines.get().reserved) == (1, 3)
    assert (balance(shop.mug), lying(shop.mug)) == ((5, 3, 0), {"A-01-01": 5})
    movement = StockMovement.objects.get(kind="MOVE")
    assert (movement.cause, movement.blocked_delta, list(ledger.verify())) == ("put away", -5, [])


def test_the_oldest_delivery_is_away_first_and_is_stamped_when_all_is(client: Client, shop: Shop) -> None:
    to_dock(shop, shop.mug, 4, "DN-1")
    to_dock(shop, shop.mug, 3, "DN-2")
    away(client, quantity=5)
    first, second = Receipt.objects.order_by("pk")
    assert [line.put_away for each in (first, second) for line in each.lines.all()] == [4, 1]
    assert (first.put_away_at is None, second.put_away_at) == (False, None)
    away(client, quantity=2)
    assert Receipt.objects.get(pk=second.pk).put_away_at is not None


@pytest.mark.parametrize(
    ("quantity", "complaint"),
    [(6, "5 × Enamel mug lie in DOCK by the books, not 6."), (1_000_000, "5 × Enamel mug lie in DOCK by the books")],
)
def test_more_than_stands_there_is_refused_and_put_on_record(
    client: Client, shop: Shop, quantity: int, complaint: str
) -> None:
    to_dock(shop, shop.mug, 5)
    before = row_counts()
    assert said(away(client, quantity=quantity)).startswith(f"wrong: {complaint}")
    changed = {name for name, count in row_counts().items() if count != before[name]}
    assert (changed - {"sessions.Session"}, balance(shop.mug)) == ({"fulfillment.Scan"}, (5, 0, 5))
    assert Scan.objects.latest("pk").result == "WRONG_QUANTITY"


@pytest.mark.parametrize("code", ["DAMAGED", "NOPE", "STAGE", "MUG-01"])
def test_it_is_put_on_a_shelf_and_nowhere_else(client: Client, shop: Shop, code: str) -> None:
    to_dock(shop, shop.mug, 5)
    response = away(client, bin=code)
    assert (response.status_code, said(response).startswith("wrong:"), lying(shop.mug)) == (422, True, {"DOCK": 5})


def test_a_double_tap_puts_away_once(client: Client, shop: Shop) -> None:
    to_dock(shop, shop.mug, 5)
    operation = str(uuid4())
    answers = {said(away(client, operation=operation, quantity=2)) for _ in range(3)}
    assert (len(answers), lying(shop.mug)) == (1, {"DOCK": 3, "A-01-01": 2})


def test_a_bin_is_proposed_with_its_reason(client: Client, shop: Shop) -> None:
    to_dock(shop, shop.mug, 5)
    page = words(client.get(AWAY, {"warehouse": "MAIN", "sku": "MUG-01"}))
    assert "A-01-01 Enamel mug" in page
    assert "5 at the dock. It is the nearest one that is empty." in page
    shop.receive(shop.teapot, 1, bin="A-01-01")
    assert propose_bin(shop.warehouse, shop.mug).bin.code == "A-02-01"  # type: ignore[union-attr]
    shop.receive(shop.mug, 1, bin="B-02-01")
    assert "It lies there already." in words(client.get(AWAY, {"warehouse": "MAIN", "sku": "MUG-01"}))
    assert "All 5" in words(client.get(AWAY, {"warehouse": "MAIN", "sku": "MUG-01", "bin": "B-02-01"}))


def test_where_no_shelf_has_a_code_all_lies_in_one_place(shop: Shop) -> None:
    to_dock(shop, shop.mug, 1)
    page = words(client_of("picker").get(AWAY, {"warehouse": "MAIN", "sku": "MUG-01"}))
    assert "STOCK Enamel mug" in page
    assert "No shelf has a code here yet." in page


def test_where_every_bin_is_full_it_says_so(shop: Shop) -> None:
    shop.receive(shop.teapot, 1, bin="A-01-01")
    assert propose_bin(shop.warehouse, shop.mug) is None
    to_dock(shop, shop.mug, 1)
    page = words(client_of("picker").get(AWAY, {"warehouse": "MAIN", "sku": "MUG-01"}))
    assert "No bin is empty: choose one." in page


def test_the_dock_is_listed_the_oldest_first(client: Client, shop: Shop) -> None:
    to_dock(shop, shop.teapot, 2, "DN-1")
    to_dock(shop, shop.mug, 5, "DN-2")
    shop.receive(shop.mug, 1, bin="DOCK")
    assert [(row.product.sku, row.units) for row in at_dock(shop.warehouse)] == [("TEA-01", 2), ("MUG-01", 6)]
    page = words(client.get(AWAY))
    assert page.index("TEA-01") < page.index("MUG-01")


@pytest.mark.parametrize("products", [1, 3])
def test_the_queries_of_the_dock(client: Client, shop: Shop, django_assert_num_queries: Any, products: int) -> None:
    from tests.factories import ProductFactory

    for n in range(products):
        to_dock(shop, ProductFactory(sku=f"NEW-{n}"), 2, f"DN-{n}")
    client.get(AWAY)
    with django_assert_num_queries(9):
        client.get(AWAY)


def test_dock_to_stock_says_how_long_deliveries_stood(shop: Shop) -> None:
    assert dock_to_stock() is None
    now = timezone.now()
    for n, hours in enumerate([1, 2, 3, 4, 5, 6, 7, 8, 30, 50]):
        came = now - timezone.timedelta(hours=hours + 1)
        left = came + timezone.timedelta(hours=hours)
        Receipt.objects.create(warehouse=shop.warehouse, reference=str(n), arrived_at=came, put_away_at=left)
    found = dock_to_stock([shop.warehouse])
    assert found is not None
    hours = [time.total_seconds() / 3600 for time in (found.median, found.p90)]
    assert (found.deliveries, hours, found.within_a_day) == (10, [5, 30], 0.8)
    assert dock_to_stock([ledger.open_warehouse("NORTH")]) is None


# --- moving ---------------------------------------------------------------------------------------------


def test_stock_is_moved_from_bin_to_bin_once(client: Client, shop: Shop) -> None:
    shop.receive(shop.mug, 5, bin="A-01-01")
    operation = str(uuid4())
    answers = {said(move(client, "a-01-01", "B-02-01", operation=operation)) for _ in range(2)}
    assert answers == {"right: 2 × Enamel mug from A-01-01 into B-02-01."}
    assert (lying(shop.mug), balance(shop.mug)) == ({"A-01-01": 3, "B-02-01": 2}, (5, 0, 0))
    assert list(ledger.verify()) == []


def test_what_is_set_aside_is_blocked_and_what_is_found_is_not(client: Client, shop: Shop) -> None:
    shop.receive(shop.mug, 5, bin="A-01-01")
    for source, target, blocked in (
        ("A-01-01", "QUARANTINE", 2),
        ("QUARANTINE", "DAMAGED", 2),
        ("A-01-01", "MISSING", 4),
        ("MISSING", "A-01-01", 2),
    ):
        assert said(move(client, source, target)).startswith("right:")
        assert balance(shop.mug) == (5, 0, blocked)
    assert list(ledger.verify()) == []


def test_what_is_blocked_is_moved_by_those_who_may_adjust_stock(client: Client, shop: Shop) -> None:
    shop.receive(shop.mug, 5, bin="A-01-01")
    shop.receive(shop.mug, 5, bin="QUARANTINE")
    picker, before = client_of("picker", "bob"), row_counts()
    for source, target in (("A-01-01", "DAMAGED"), ("QUARANTINE", "A-01-01"), ("A-01-01", "MISSING")):
        assert "Ask somebody who may adjust stock." in said(move(picker, source, target))
    assert row_counts() | {"sessions.Session": 0} == before | {"sessions.Session": 0}
    assert said(move(picker, "A-01-01", "B-02-01")).startswith("right:")


def test_what_is_reserved_is_not_set_aside(client: Client, shop: Shop) -> None:
    shop.receive(shop.mug, 5, bin="A-01-01")
    shop.order((shop.mug, 4))
    assert said(move(client, "A-01-01", "DAMAGED")) == (
        "wrong: 4 × Enamel mug are reserved for orders: 1 can be set aside."
    )
    assert (balance(shop.mug), lying(shop.mug)) == ((5, 4, 0), {"A-01-01": 5})
    assert said(move(client, "A-01-01", "DAMAGED", 1)).startswith("right:")
    assert said(move(client, "A-01-01", "B-02-01", 4)).startswith("right:")  # it is still there to be picked


def test_what_somebody_is_to_fetch_stays_where_it_is(client: Client, shop: Shop) -> None:
    shop.receive(shop.mug, 5, bin="A-01-01")
    order = shop.order((shop.mug, 4))
    cart = Cart.objects.create(wave=Wave.objects.create(warehouse=shop.warehouse, by="x"), number=1, kind="SINGLE")
    line = shipment(order).lines.get()
    PickTask.objects.create(cart=cart, shipment_line=line, bin=Bin.objects.get(code="A-01-01"), quantity=4)
    assert said(move(client, "A-01-01", "B-02-01")) == (
        "wrong: 4 of the 5 × Enamel mug in A-01-01 are to be picked: 1 can be moved."
    )
    assert lying(shop.mug) == {"A-01-01": 5}
    assert said(move(client, "A-01-01", "B-02-01", 1)).startswith("right:")


@pytest.mark.parametrize(
    ("source", "target", "complaint"),
    [
        ("A-01-01", "A-01-01", "That is A-01-01 again."),
        ("B-02-01", "A-01-01", "No Enamel mug lies in B-02-01."),
        ("STAGE", "A-01-01", "“STAGE” is no bin to take stock from."),
        ("A-01-01", "STAGE", "“STAGE” is no bin to put stock into."),
        ("NOPE", "A-01-01", "“NOPE” is no bin to take stock from."),
    ],
)
def test_what_cannot_be_moved_says_why(client: Client, shop: Shop, source: str, target: str, complaint: str) -> None:
    shop.receive(shop.mug, 5, bin="A-01-01")
    assert complaint in said(move(client, source, target))
    assert lying(shop.mug) == {"A-01-01": 5}


def test_nothing_is_moved_to_or_from_packing_by_anybody(shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    pick_shipment(shipment(shop.order((shop.mug, 3))), by=ALICE)
    stage, shelf = Bin.objects.get(code="STAGE"), Bin.objects.get(code="A-01-01")
    before = lying(shop.mug), StockMovement.objects.count()
    for source, target in ((stage, shelf), (shelf, stage)):
        scan = scan_to_move(source, target, shop.mug, 1, Act(uuid4(), ALICE, "STAGE"), Scan.Step.MOVE)
        assert (scan.is_done, "picked for orders" in scan.sentence) == (False, True)
    assert (lying(shop.mug), StockMovement.objects.count()) == before


@pytest.mark.parametrize(
    ("given", "ask", "complaint"),
    [
        ({"source": "B-02-01"}, "Scan the bin", "Nothing lies in B-02-01, by the books. Scan another bin."),
        ({"source": "A-01-01", "sku": "TEA-01"}, "Scan an article", "No Teapot lies in A-01-01."),
        (
            {"source": "A-01-01", "sku": "MUG-01", "quantity": 6},
            "How many?",
            "5 × Enamel mug lie in A-01-01 by the books, not 6.",
        ),
    ],
)
def test_a_move_is_refused_at_the_step_where_it_is_known(
    client: Client, shop: Shop, given: dict[str, Any], ask: str, complaint: str
) -> None:
    shop.receive(shop.mug, 5, bin="A-01-01")
    before = row_counts()
    answer = client.get(MOVE, {"warehouse": "MAIN"} | given)
    assert (said(answer), answer.context["ask"]) == (f"wrong: {complaint}", ask)
    assert f"It is there: count {given['source']}" in words(answer)
    assert row_counts() | {"sessions.Session": 0} == before | {"sessions.Session": 0}


def test_what_is_to_be_picked_is_refused_before_anybody_walks_with_it(client: Client, shop: Shop) -> None:
    shop.receive(shop.mug, 4, bin="A-01-01")
    shop.order((shop.mug, 4))
    release_wave(shop.warehouse, by=ALICE)
    answer = client.get(MOVE, {"warehouse": "MAIN", "source": "A-01-01", "sku": "MUG-01"})
    assert said(answer) == "wrong: 4 of the 4 × Enamel mug in A-01-01 are to be picked: 0 can be moved."


def test_what_does_not_stand_at_the_dock_is_refused_before_the_bin_is_asked_for(client: Client, shop: Shop) -> None:
    to_dock(shop, shop.teapot, 1)
    answer = client.get(AWAY, {"warehouse": "MAIN", "sku": "MUG-01"})
    assert (said(answer), answer.context["ask"]) == ("wrong: No Enamel mug lies in DOCK.", "Scan an article")
    assert "It is there: count DOCK" in words(answer)
    response = client.post("/floor/counts/", {"scanned": "DOCK"}, follow=True)
    assert (response.status_code, Count.objects.get().bin) == (200, Bin.objects.get(code="DOCK"))


def test_each_step_of_a_move_asks_for_the_next(client: Client, shop: Shop) -> None:
    shop.receive(shop.mug, 5, bin="A-01-01")
    given = {"warehouse": "MAIN", "source": "A-01-01"}
    assert "What lies in A-01-01 : Enamel mug MUG-01 5" in words(client.get(MOVE, given))
    asks = [client.get(MOVE, each).context["ask"] for each in (
        {}, given, given | {"sku": "MUG-01"}, given | {"sku": "MUG-01", "quantity": 2})]  # fmt: skip
    assert asks == ["Scan the bin", "Scan an article", "How many?", "Scan the new bin"]


def test_who_works_in_one_warehouse_moves_in_no_other(client: Client, shop: Shop) -> None:
    shop.receive(shop.mug, 5, bin="A-01-01")
    to_dock(shop, shop.mug, 2)
    north, bob = ledger.open_warehouse("NORTH"), person("manager", "bob")
    Staff.objects.create(user=bob).warehouses.add(north)
    stranger = Client()
    stranger.force_login(bob)
    assert (move(stranger, "A-01-01", "B-02-01").status_code, away(stranger).status_code) == (422, 422)
    assert lying(shop.mug) == {"A-01-01": 5, "DOCK": 2}
    assert "MUG-01" not in words(stranger.get(AWAY))
    assert "It lies nowhere here." in words(stranger.get(LOOK, {"scanned": "MUG-01"}))
    assert "neither a bin in NORTH" in said(stranger.get(LOOK, {"scanned": "A-01-01", "warehouse": "MAIN"}))


# --- looking up -----------------------------------------------------------------------------------------


def test_a_bin_says_what_lies_in_it_and_an_article_where_it_lies(client: Client, shop: Shop) -> None:
    shop.receive(shop.mug, 5, bin="A-01-01")
    shop.receive(shop.mug, 1, bin="DAMAGED")
    shop.order((shop.mug, 2))
    assert "Enamel mug MUG-01 5" in words(client.get(LOOK, {"scanned": "a-01-01"}))
    page = words(client.get(LOOK, {"scanned": "mug-01"}))
    assert "MAIN: 3 free , 2 reserved, 1 blocked" in page
    assert "A-01-01 To pick from · MAIN 5" in page
    assert said(client.get(LOOK, {"scanned": "NOPE"})).startswith("wrong: “NOPE” is neither a bin in MAIN nor")
    assert "Nothing lies there." in words(client.get(LOOK, {"scanned": "B-02-01"}))


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("picker", {AWAY, MOVE, LOOK}),
        ("packer", {LOOK}),
        ("manager", {AWAY, MOVE, LOOK}),
        ("support", set()),
        ("auditor", set()),
    ],
)
def test_each_role_opens_the_screens_it_works_with(shop: Shop, role: str, may: set[str]) -> None:
    client = client_of(role)
    assert {url for url in (AWAY, MOVE, LOOK) if client.get(url).status_code == 200} == may
