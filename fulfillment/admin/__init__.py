"""The admin's pages for the warehouse."""

from fulfillment.admin import places, receipts, reorder, shipments, stock

__all__ = ["places", "receipts", "reorder", "shipments", "stock"]
