"""What was ordered, by whom, through which channel, and what has happened to it."""

from orders.models.actor import Actor
from orders.models.catalog import Product
from orders.models.channel import SCOPES, ApiKey, Channel, ShippingMethod
from orders.models.customer import Customer
from orders.models.event import Event, Outbox
from orders.models.inbox import Endpoint, IdempotencyKey, Inbox
from orders.models.order import Hold, Note, Order, OrderLine
from orders.models.promise import ShownPromise
from orders.models.transit import LearntTransit

__all__ = [
    "SCOPES",
    "Actor",
    "ApiKey",
    "Channel",
    "Customer",
    "Endpoint",
    "Event",
    "Hold",
    "IdempotencyKey",
    "Inbox",
    "LearntTransit",
    "Note",
    "Order",
    "OrderLine",
    "Outbox",
    "Product",
    "ShippingMethod",
    "ShownPromise",
]
