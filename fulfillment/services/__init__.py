"""What the warehouse does, each in one transaction; whoever calls has authorised it."""

from fulfillment.services.accept import accept_order, accept_orders
from fulfillment.services.allocate import allocate_order, allocate_waiting
from fulfillment.services.cancel import cancel_order
from fulfillment.services.pack import pack_shipment
from fulfillment.services.pick import pick_shipment
from fulfillment.services.ship import ParcelDraft, ship_shipment
from fulfillment.services.stock import adjust_stock, receive_stock
from fulfillment.services.travel import deliver_shipment, find_shipment, lose_shipment, return_shipment

__all__ = [
    "ParcelDraft",
    "accept_order",
    "accept_orders",
    "adjust_stock",
    "allocate_order",
    "allocate_waiting",
    "cancel_order",
    "deliver_shipment",
    "find_shipment",
    "lose_shipment",
    "pack_shipment",
    "pick_shipment",
    "receive_stock",
    "return_shipment",
    "ship_shipment",
]
