"""The admin's first page: the day at a glance. Each number leads to what it counts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from fulfillment.models.scope import within
from orders.admin import badges
from orders.admin.promise import promise_of
from orders.admin.saved_views import MANY, VIEWS, counted
from orders.models import Inbox, Order
from tracking.models import Alarm, AuditRun, Snapshot

NEXT = 8


@dataclass(frozen=True, slots=True)
class Card:
    """A number, what it counts, and where that can be seen."""

    title: str
    figure: str
    hint: str
    url: str
    hue: str
    icon: str


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the first page; the theme calls it by its name in the settings."""
    may = request.user.has_perm
    cards = list(_cards(request.user))
    urgent = _urgent() if may("orders.view_order") else []
    return {**context, "title": "Today", "day": timezone.localdate(), "cards": cards, "urgent": urgent}


def _cards(user: Any) -> Iterator[Card]:
    may = user.has_perm
    if may("orders.view_order"):
        today = timezone.localdate()
        for view in VIEWS:
            count = counted(view, today)
            yield Card(view.title, count, view.hint, view.url, view.hue if count != "0" else "arrived", view.icon)
    if may("orders.view_inbox"):
        yield _quarantine()
    if may("tracking.handle_alarm") and (alarms := _alarms(user).order_by()[: MANY + 1].count()):
        yield _of_alarms(alarms)
    if may("tracking.identify_snapshot") and (unclear := Snapshot.objects.unclear().order_by()[: MANY + 1].count()):
        yield _unclear(unclear)
    if may("tracking.view_auditrun"):
        yield _last_audit()


def _quarantine() -> Card:
    count = Inbox.objects.quarantined().order_by()[: MANY + 1].count()
    url = f"{reverse('admin:orders_inbox_changelist')}?status={Inbox.Status.QUARANTINED}"
    hue, icon = (badges.PERSON, "stop") if count else (badges.ARRIVED, "done")
    return Card(
        "Quarantined",
        _figure(count),
        "Came in and could not be understood: to be mended, or put aside.",
        url,
        hue,
        icon,
    )


def _alarms(user: Any) -> QuerySet[Alarm]:
    return Alarm.objects.awake(timezone.now()).filter(within(user, "parcel__shipment__warehouse"))


def _of_alarms(count: int) -> Card:
    url, hint = reverse("admin:tracking_alarm_changelist"), "Lost, silent, held up: parcels that need a person."
    return Card("Alarms", _figure(count), hint, url, badges.PERSON, "alert")


def _unclear(count: int) -> Card:
    url = f"{reverse('admin:tracking_snapshot_changelist')}?matched=unclear"
    hint = "Carriers spoke of a number that more than one parcel has: say which is meant."
    return Card("Which parcel?", _figure(count), hint, url, badges.PERSON, "stop")


def _figure(count: int) -> str:
    return str(count) if count <= MANY else f"{MANY}+"


def _last_audit() -> Card:
    run = AuditRun.objects.exclude(finished_at=None).order_by("-started_at").first()
    url = reverse("admin:tracking_finding_changelist")
    if run is None:
        return Card("Last audit", "None yet", "Nobody has checked the books so far.", url, badges.WAITING, "unknown")
    when = f"{timezone.localtime(run.started_at):%-d %b, %H:%M}"
    if run.errors:
        return Card("Last audit", str(run.errors), f"Does not add up. Checked {when}.", url, badges.PERSON, "stop")
    if run.warnings:
        return Card("Last audit", str(run.warnings), f"Adds up, with warnings. {when}.", url, badges.LOOK, "alert")
    return Card("Last audit", "Clean", f"All adds up. Checked {when}.", url, badges.ARRIVED, "done")


def _urgent() -> list[dict[str, Any]]:
    """Return what has to leave next."""
    orders = Order.objects.to_ship().select_related("channel").order_by("ship_by", "placed_at")[:NEXT]
    return [
        {
            "order": order,
            "badge": badges.badge(order.status, order.get_status_display()),
            "promise": promise_of(order),
        }
        for order in orders
    ]
