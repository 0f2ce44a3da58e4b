"""What is meant by a scan at the packing station: a number, a slot, a label, or an article out of a tote."""

import re
from collections.abc import Iterable

from fulfillment.models import CartSlot, Shipment, Warehouse
from fulfillment.services.claims import single_for
from fulfillment.services.scanned import spellings
from orders.models import Product

_SLOT = re.compile(r"W(\d{1,9})-(\d{1,4})(?: SLOT |[-/ ])(\d{1,4})")
"""As a slot names itself, W12-3 slot 4, or shorter."""


def find_to_pack(text: str, warehouses: Iterable[Warehouse]) -> Shipment | None:
    """Return the shipment that a scan leads to; of an order with several, what is to be packed first."""
    mine = list(warehouses)
    here = Shipment.objects.filter(warehouse__in=mine).select_related("order")
    if found := here.filter(parcels__number=text.upper()).first():
        return found
    numbered = list(here.numbered(text).filter(status__in=Shipment.ON_FLOOR).order_by("pk"))
    if numbered:
        return next((each for each in numbered if each.status == Shipment.Status.PICKED), numbered[0])
    if slot := _slot(text):
        return here.filter(pk=slot.shipment_id).first()
    product = Product.objects.filter(sku__in=spellings(text)).first()
    found_singles = (single_for(product, warehouse) for warehouse in mine) if product else ()
    return next((each for each in found_singles if each), None)


def _slot(text: str) -> CartSlot | None:
    read = _SLOT.fullmatch(text.strip().upper())
    if read is None:
        return None
    wave, cart, place = (int(part) for part in read.groups())
    return CartSlot.objects.filter(cart__wave=wave, cart__number=cart, place=place).first()
