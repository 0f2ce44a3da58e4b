"""The warehouse: stock with its movements, and shipments with their parcels."""

from fulfillment.models.picking import Scan
from fulfillment.models.shipment import Parcel, ParcelLine, Shipment, ShipmentLine
from fulfillment.models.stock import Bin, BinStock, Reservation, StockItem, StockMovement, Warehouse

__all__ = [
    "Bin",
    "BinStock",
    "Parcel",
    "ParcelLine",
    "Reservation",
    "Scan",
    "Shipment",
    "ShipmentLine",
    "StockItem",
    "StockMovement",
    "Warehouse",
]
