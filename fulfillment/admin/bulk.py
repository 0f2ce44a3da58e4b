"""What can be done to many rows of a list at once: one service call each; what is refused is said, the rest is done."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from fulfillment.models import Bin, Receipt, StockItem
from fulfillment.services import close_receipt
from fulfillment.services.counts import ask_count
from orders.admin.acting import do_to_each
from orders.admin.base import actor


@admin.action(description="Ask for a count", permissions=["count_stock"])
def ask_for_counts(_admin: Any, request: HttpRequest, rows: Iterable[Bin | StockItem]) -> None:
    """Let the chosen bins, or articles wherever they lie, be counted, as who counts begins it on the floor."""
    by = actor(request)

    def ask(row: Bin | StockItem) -> object:
        what = {"bin": row} if isinstance(row, Bin) else {"product": row.product}
        return ask_count(row.warehouse, by=by, **what)

    do_to_each(request, rows, ask, "asked to be counted")


@admin.action(description="Close", permissions=["receive"])
def close_deliveries(_admin: Any, request: HttpRequest, rows: Iterable[Receipt]) -> None:
    """Expect nothing more of the chosen deliveries."""
    do_to_each(request, rows, close_receipt, "closed")
