"""The admin's pages for the warehouse."""

from fulfillment.admin import places, shipments, stock

__all__ = ["places", "shipments", "stock"]
