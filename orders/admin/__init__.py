"""The admin's pages for orders, and what all our admin pages share (`base`, `acting`, `badges`)."""

from orders.admin import catalogue, connections, inbox, orders

__all__ = ["catalogue", "connections", "inbox", "orders"]
