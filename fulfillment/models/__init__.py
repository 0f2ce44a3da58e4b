"""The warehouse: stock with its movements, shipments with their parcels, and the work on the floor."""

from fulfillment.models.calendar import Holiday
from fulfillment.models.count import Count, CountLine
from fulfillment.models.picking import Scan
from fulfillment.models.receipt import Receipt, ReceiptLine
from fulfillment.models.reship import Reship
from fulfillment.models.returns import Return, ReturnLine
from fulfillment.models.shipment import Manifest, Parcel, ParcelLine, Shipment, ShipmentLine
from fulfillment.models.staff import Staff
from fulfillment.models.stock import Bin, BinStock, ReorderRule, Reservation, StockItem, StockMovement, Warehouse
from fulfillment.models.wave import Cart, CartSlot, PickTask, Wave

__all__ = [
    "Bin",
    "BinStock",
    "Cart",
    "CartSlot",
    "Count",
    "CountLine",
    "Holiday",
    "Manifest",
    "Parcel",
    "ParcelLine",
    "PickTask",
    "Receipt",
    "ReceiptLine",
    "ReorderRule",
    "Reservation",
    "Reship",
    "Return",
    "ReturnLine",
    "Scan",
    "Shipment",
    "ShipmentLine",
    "Staff",
    "StockItem",
    "StockMovement",
    "Warehouse",
    "Wave",
]
