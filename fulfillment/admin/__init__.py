"""The admin's pages for the warehouse."""

from fulfillment.admin import counts, places, receipts, reorder, returns, shipments, staff, stock

__all__ = ["counts", "places", "receipts", "reorder", "returns", "shipments", "staff", "stock"]
