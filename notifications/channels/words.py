"""What letters write beside the words of the customer's page: money and addresses. In English, as all of them yet."""

from babel import Locale

from orders.models import Order
from orders.money import money

LANGUAGE = "en"


def total(order: Order) -> str:
    return money(order.total, order.currency, LANGUAGE)


def address(order: Order) -> list[str]:
    """Return the lines of an envelope."""
    country = Locale(LANGUAGE).territories.get(order.ship_country, order.ship_country)
    town = " ".join(part for part in (order.ship_postal_code, order.ship_city) if part)
    region = f"{town}, {order.ship_region}" if order.ship_region and town else town or order.ship_region
    lines = [order.ship_name, order.ship_line1, order.ship_line2, region, country]
    return [line for line in lines if line]
