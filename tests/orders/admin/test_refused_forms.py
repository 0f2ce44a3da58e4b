"""A form that a service refuses stands there again, with what was typed and the sentence beside it; nothing is done."""

from typing import Any
from uuid import uuid4

import pytest

from fulfillment.models import Receipt, StockItem
from fulfillment.services import Act, expect_receipt, pack_without_scanning, pick_shipment
from orders.admin.acting import ActForm
from tests.api import row_counts
from tests.factories import ALICE, Shop, shipment
from tests.staff import client_of, flashes

pytestmark = pytest.mark.django_db


def shown(answer: Any, verb: str = "") -> ActForm:
    """Return the form that stands on the page."""
    if not verb:
        return answer.context["form"]
    cards = answer.context.get("shipments") or ()
    offers = [*(answer.context.get("offers") or ()), *(each for card in cards for each in card.offers)]
    return next(offer.form for offer in offers if offer.act.verb == verb)


def values(form: ActForm, *names: str) -> list[str]:
    return [str(form[name].value()) for name in names]


def test_of_a_page_that_makes_something(shop: Shop) -> None:
    expect_receipt(shop.warehouse, "DN-1", {shop.mug: 1})
    client, before = client_of("manager"), row_counts()
    given = {
        "operation": str(uuid4()),
        "warehouse": str(shop.warehouse.pk),
        "reference": "DN-1",
        "supplier": "Mugs & Co",
        "expected_date": "2026-11-30",
        "lines": "MUG-01, 10",
    }
    answer = client.post("/admin/fulfillment/receipt/add/", given)
    form = shown(answer)
    assert (answer.status_code, flashes(answer)) == (409, ["DN-1 is announced in MAIN already."])
    assert values(form, *list(given)[1:]) == list(given.values())[1:]
    assert row_counts() == before
    again = given | {"operation": form["operation"].value(), "reference": "DN-2"}
    assert again["operation"] != given["operation"], "it is another try: the first one had its answer"
    assert client.post("/admin/fulfillment/receipt/add/", again).status_code == 302
    assert Receipt.objects.filter(reference="DN-2", supplier="Mugs & Co").exists()


def test_of_a_button_with_a_form(shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    client, item, before = client_of("manager"), StockItem.objects.get(), row_counts()
    url = f"/admin/fulfillment/stockitem/{item.pk}/do"
    given = {"operation": str(uuid4()), "source": "A-01-01", "target": "PUT-BACK", "quantity": "7"}
    answer = client.post(f"{url}/move/", given)
    form = shown(answer, "move")
    assert (answer.status_code, flashes(answer)) == (
        409,
        ["5 × Enamel mug lie in A-01-01 by the books, not 7."],
    )
    assert values(form, "source", "target", "quantity") == ["A-01-01", "PUT-BACK", "7"]
    assert not shown(answer, "undo").is_bound
    assert {**row_counts(), "fulfillment.Scan": 0} == {**before, "fulfillment.Scan": 0}, "but for the record of the try"
    again = given | {"operation": form["operation"].value(), "quantity": "2"}
    assert flashes(client.post(f"{url}/move/", again)) == ["2 × Enamel mug from A-01-01 into PUT-BACK."]


def test_of_a_shipment_on_its_order_s_page(shop: Shop) -> None:
    shop.receive(shop.mug, 5)
    packed = pick_shipment(shipment(shop.order((shop.mug, 2))), by=ALICE)
    pack_without_scanning(packed, Act(uuid4(), ALICE))
    client, before = client_of("manager"), row_counts()
    given = {"carrier_1": "DHL", "tracking_number_1": "JD14", "carrier_2": "UPS", "weight_grams_2": "900"}
    url = f"/admin/fulfillment/shipment/{packed.pk}/do/ship/"
    answer = client.post(url, given | {"operation": str(uuid4())})
    assert (answer.status_code, flashes(answer)) == (409, ["It is packed in 1 parcel, not in 2."])
    assert values(shown(answer, "ship"), *given) == list(given.values())
    assert (shipment(packed.order).status, row_counts()) == ("PACKED", before)
