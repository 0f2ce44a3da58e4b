from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self) -> None:
        from orders.models.append_only import make_way, put_up_triggers

        pre_migrate.connect(make_way, sender=self)
        post_migrate.connect(put_up_triggers, sender=self)
        post_migrate.connect(start_with_a_shipping_method, sender=self)


def start_with_a_shipping_method(**_: Any) -> None:
    """A new house can take an order at once."""
    from orders.models import ShippingMethod

    if not ShippingMethod.objects.exists():
        ShippingMethod.objects.create(code="standard", name="Standard delivery")
