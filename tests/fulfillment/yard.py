"""Two warehouses with one of everything in each, and a path to each thing."""

import re
from typing import Any
from uuid import uuid4

from django.contrib import admin
from django.contrib.auth.models import User

from fulfillment import ledger, urls
from fulfillment.models import (
    Cart,
    Count,
    Holiday,
    Manifest,
    PickTask,
    ReorderRule,
    Reship,
    Return,
    Staff,
    StockItem,
    Warehouse,
)
from fulfillment.services import expect_receipt, release_wave
from orders.models import Product
from tests.factories import ALICE, Shop, shipment
from tests.fulfillment.floor import person

FAR = "ZZFAR"


class Yard:
    """One of everything in a warehouse; what lies there lies nowhere else."""

    def __init__(self, shop: Shop, warehouse: Warehouse, product: Product) -> None:
        self.warehouse, self.product = warehouse, product
        shop.receive(product, 50, bin=f"{warehouse.code}-01", warehouse=warehouse)
        item = StockItem.objects.get(product=product)
        ordered = shop.order((product, 1))
        wave = release_wave(warehouse, by=ALICE, operation=uuid4())
        back = shop.order((product, 1))
        parcel = shipment(back).parcels.create(number=f"P-{warehouse.code}")
        worker = Staff.objects.create(user=User.objects.create_user(f"worker-{warehouse.code}"))
        worker.warehouses.add(warehouse)
        self.things: dict[str, Any] = {
            "warehouse": warehouse,
            "bin": warehouse.bins.get(code=f"{warehouse.code}-01"),
            "stockitem": item,
            "stockmovement": item.movements.first(),
            "shipment": shipment(ordered),
            "receipt": expect_receipt(warehouse, f"DN-{warehouse.code}", {product: 3}),
            "reorderrule": ReorderRule.objects.create(product=product, warehouse=warehouse, reorder_point=9),
            "wave": wave,
            "cart": Cart.objects.filter(wave=wave).first(),
            "picktask": PickTask.objects.filter(cart__wave=wave).first(),
            "count": Count.objects.create(warehouse=warehouse, product=product, created_by=str(ALICE)),
            "return": Return.objects.create(order=back, number=f"{back.number}-R1", warehouse=warehouse),
            "manifest": Manifest.objects.create(warehouse=warehouse, carrier="dhl", by=str(ALICE)),
            "holiday": Holiday.objects.create(warehouse=warehouse, day="2026-12-25"),
            "staff": worker,
            "parcel": parcel,
            "reship": Reship.objects.create(order=back, parcel=parcel, cause="LOST"),
        }

    def screen(self, route: str) -> str:
        """Return the path of a screen, for the things of this warehouse."""
        kind = next((kind for part, kind in NAMED.items() if route.startswith(part)), "")
        thing = self.things.get(kind)
        given = {"pk": getattr(thing, "pk", ""), "number": getattr(thing, "number", "")}
        given |= {"warehouse": self.warehouse.pk, "carrier": "-"}
        return "/floor/" + re.sub(r"<\w+:(\w+)>", lambda found: str(given[found[1]]), route)

    def page(self, model: str, rest: str = "") -> str:
        return f"/admin/fulfillment/{model}/{self.things[model].pk}/{rest}"

    def marks(self) -> set[str]:
        """Return what a page of this warehouse's would show somewhere."""
        return {self.product.sku, self.product.name, f"{self.warehouse.code}-01", f"DN-{self.warehouse.code}"}


NAMED = {  # how a screen's path begins → what it is of
    "counts/": "count",
    "carts/": "cart",
    "waves/": "wave",
    "manifests/": "manifest",
    "returns/": "return",
    "documents/carts/": "cart",
    "documents/manifests/": "manifest",
    "documents/parcels/": "parcel",
    "documents/": "shipment",
    "<str:number>/": "shipment",
}


def yards(shop: Shop) -> tuple[Yard, Yard]:
    """Return the shop's own warehouse, and one far from it."""
    far = ledger.open_warehouse(FAR)
    return Yard(shop, shop.warehouse, shop.mug), Yard(shop, far, shop.teapot)


def screens() -> set[str]:
    return {str(each.pattern) for each in urls.urlpatterns}


def models() -> dict[str, Any]:
    """Return model → its admin, of the warehouse."""
    return {
        str(model._meta.model_name): page
        for model, page in admin.site._registry.items()
        if model._meta.app_label == "fulfillment"
    }


def works_in(role: str, *warehouses: Warehouse, name: str = "alice") -> User:
    user = person(role, name)
    Staff.objects.create(user=user).warehouses.set(warehouses)
    return user
