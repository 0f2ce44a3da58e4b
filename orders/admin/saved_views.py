"""The saved views of the order list: what most people open it for, each with how many there are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from orders.admin.filters import HiddenFilter
from orders.models import Order
from orders.models.order import OrderQuerySet

PARAMETER = "view"
MANY = 999
"""Counted so far and no further: the page costs the same on the day after a big sale."""


@dataclass(frozen=True, slots=True)
class SavedView:
    key: str
    title: str
    hue: str
    icon: str
    keep: Callable[[OrderQuerySet, date], OrderQuerySet]
    hint: str

    @property
    def url(self) -> str:
        return f"{reverse('admin:orders_order_changelist')}?{PARAMETER}={self.key}"


VIEWS: Sequence[SavedView] = (
    SavedView(
        "today",
        "To ship today",
        "moving",
        "truck",
        lambda orders, today: orders.to_ship_by(today),
        "Has to leave today, or had to before.",
    ),
    SavedView(
        "blocked",
        "Blocked",
        "look",
        "pause",
        lambda orders, _: orders.blocked(),
        "On hold, or without an address: somebody has to clear it.",
    ),
    SavedView(
        "late",
        "Late",
        "person",
        "alert",
        lambda orders, today: orders.late(today),
        "The day we promised has passed.",
    ),
    SavedView(
        "waiting",
        "Waiting for stock",
        "waiting",
        "hourglass",
        lambda orders, _: orders.waiting_for_stock(),
        "Some of it is not there yet.",
    ),
)


@dataclass(frozen=True, slots=True)
class Tab:
    """A saved view with its count; `view` is None for all orders, which nobody counts."""

    title: str
    url: str
    is_here: bool
    count: str = ""
    view: SavedView | None = None


def counted(view: SavedView, today: date) -> str:
    count = view.keep(Order.objects.all(), today).order_by()[: MANY + 1].count()
    return str(count) if count <= MANY else f"{MANY}+"


def tabs(here: str) -> list[Tab]:
    today = timezone.localdate()
    every = Tab("All", reverse("admin:orders_order_changelist"), not here)
    return [every, *(Tab(view.title, view.url, here == view.key, counted(view, today), view) for view in VIEWS)]


class SavedViewFilter(HiddenFilter):
    """Reads `?view=` of the list, which the tabs set."""

    title = "saved view"
    parameter_name = PARAMETER

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(view.key, view.title) for view in VIEWS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = next((view for view in VIEWS if view.key == self.value()), None)
        return chosen.keep(queryset, timezone.localdate()) if chosen else queryset  # type: ignore[arg-type]
