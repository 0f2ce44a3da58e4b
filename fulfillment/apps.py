from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class FulfillmentConfig(AppConfig):
    name = "fulfillment"

    def ready(self) -> None:
        from fulfillment.ledger.balances import FOLLOWS
        from orders.models.append_only import TABLES, Table, put_up_triggers

        TABLES.append(Table("fulfillment.StockMovement", ("operation", "n"), FOLLOWS))
        post_migrate.connect(put_up_triggers, sender=self)
        post_migrate.connect(start_with_a_warehouse, sender=self)


def start_with_a_warehouse(**_: Any) -> None:
    """A new house can receive stock at once."""
    from fulfillment import ledger
    from fulfillment.models import Warehouse

    if not Warehouse.objects.exists():
        ledger.open_warehouse("MAIN")
