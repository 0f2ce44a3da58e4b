"""The page of an order: what was ordered and where it is, what to do now, and the whole trail. It only reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from babel import Locale
from django.db.models import Model, Prefetch, Sum
from django.db.models.functions import Greatest
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from fulfillment.blockers import why_not_shipped
from fulfillment.carrier import carrier_name
from fulfillment.models import Parcel, Reship, Return, Shipment, ShipmentLine
from orders.admin import badges
from orders.admin.acting import Act, Bound, Offer, act_url, offers
from orders.admin.expected import expected_of
from orders.admin.filters import country_choices
from orders.admin.order_acts import ACTS, RELEASE, ReleaseForm
from orders.admin.promise import promise_of
from orders.admin.shown import shown_days
from orders.admin.trail import Reader, names_of, trail_of
from orders.admin.words import GROUPS
from orders.blockers import Reason, held
from orders.models import Hold, Order, OrderLine
from orders.money import money
from orders.numbers import read_pk
from tracking.timeline.journey import read_boxes

LINES_SHOWN = 300
"""Of a trail longer than that the newest; nearly no order has a tenth of it."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Units of a line that stand at one stage, and where they begin in its bar."""

    name: str
    label: str
    count: int
    offset: int


@dataclass(frozen=True, slots=True)
class LineRow:
    line: OrderLine
    price: str
    stages: Sequence[Stage]


@dataclass(frozen=True, slots=True)
class ShipmentCard:
    shipment: Shipment
    badge: str
    contents: Sequence[ShipmentLine]
    parcels: Sequence["ParcelCard"]
    offers: Sequence[Offer]

    @property
    def next_up(self) -> list[Offer]:
        return [offer for offer in self.offers if not offer.is_wrong_time]

    @property
    def not_now(self) -> list[Offer]:
        return [offer for offer in self.offers if offer.is_wrong_time]


@dataclass(frozen=True, slots=True)
class ParcelCard:
    parcel: Parcel
    badge: str
    contents: Sequence[str]
    last_scan: dict[str, Any] | None
    expected: str
    reship: "ReshipCard | None"

    @property
    def carrier(self) -> str:
        return carrier_name(self.parcel.carrier)


@dataclass(frozen=True, slots=True)
class ReshipCard:
    """That a parcel may go again, or does; while it is to be decided with the buttons for it."""

    reship: Reship
    offers: Sequence[Offer]


@dataclass(frozen=True, slots=True)
class HoldCard:
    """A hold that stands: what it says as a blocker, who set it, and the button that releases it."""

    hold: Hold
    reason: Reason
    by: str
    release: Offer | None


Acts = Mapping[type[Model], Sequence[Act]]
"""What may be done with the things on the page that have pages of their own."""

STAGE_LABELS = {
    "waiting": "waiting for stock",
    "reserved": "reserved",
    "picked": "picked",
    "packed": "packed",
    "shipped": "on the way",
    "delivered": "delivered",
    "cancelled": "cancelled",
}


OF_ORDER = ("channel", "customer", "shipping_method", "reship_of__order", "reship_of__parcel")


def load(user: Any, order_id: str | int) -> Order | None:
    """Return the order with all that its page shows this user, in a fixed number of queries."""
    shipments = (
        Shipment.objects.with_mine(user)
        .select_related("warehouse", "slot__cart")
        .prefetch_related(
            Prefetch("lines", ShipmentLine.objects.select_related("order_line").order_by("order_line__number")),
            Prefetch("parcels", read_boxes(Parcel.objects.all()).prefetch_related("lines")),
        )
    )
    units = Greatest(Sum("lines__quantity", default=0), Sum("lines__received", default=0))
    orders = Order.objects.select_related(*OF_ORDER).prefetch_related(
        Prefetch("lines", OrderLine.objects.select_related("product").order_by("number")),
        Prefetch("shipments", shipments),
        Prefetch("returns", Return.objects.annotate(units=units)),
        "holds",
        "notes",
        "messages",
        "shown_promises",
    )
    pk = read_pk(str(order_id))
    return orders.filter(pk=pk).first() if pk else None


def order_page(request: HttpRequest, model_admin: Any, order: Order, bound: Bound | None = None) -> HttpResponse:
    """Answer with the page; `bound` is a form that somebody filled in wrongly, to stand open on it."""
    may, site = request.user.has_perm, model_admin.admin_site
    shipments = list(order.shipments.all())
    acts: Acts = {each: site.get_model_admin(each).acts for each in (Shipment, Reship)}  # their modules import this one
    request.current_app = site.name
    context = {
        **site.each_context(request),
        **_what_and_where(order, shipments),
        **_what_now(request, order, bound),
        **_trail(order, shipments, may, request.GET.get("show", "")),
        "shipments": [_card(request, acts if each.is_mine else {}, each, bound) for each in _standing(shipments)],
        "may": {name: may(permission) for name, permission in SEEN.items()},
        "opts": Order._meta,
        "order": order,
        "original": order,
        "title": order.number,
    }
    return TemplateResponse(request, "admin/orders/order/page.html", context)


def _trail(order: Order, shipments: Sequence[Shipment], may: Reader, group: str) -> dict[str, Any]:
    lines = trail_of(order, [parcel for each in shipments for parcel in each.parcels.all()], may, group)
    return {
        "trail": lines[:LINES_SHOWN],
        "trail_left_out": max(0, len(lines) - LINES_SHOWN),
        "groups": [("", "Everything"), *GROUPS.items()],
        "group": group,
    }


BLOCKER_BADGES = {"warehouse": (badges.WAITING, "box"), "shop": (badges.WAITING, "hourglass")}
SEEN = {
    "person": "orders.view_customer",
    "holds": "orders.view_hold",
    "trail": "orders.view_event",
    "shipments": "fulfillment.view_shipment",
    "returns": "fulfillment.view_return",
    "reships": "fulfillment.view_reship",
    "messages": "notifications.view_message",
}


def _standing(shipments: Sequence[Any]) -> list[Any]:
    return [each for each in shipments if each.status != Shipment.Status.CANCELLED]


def _what_and_where(order: Order, shipments: Sequence[Shipment]) -> dict[str, Any]:
    return {
        "badge": badges.badge(order.status, order.get_status_display()),
        "rows": [_row(line, order.currency) for line in order.lines.all()],
        "total": money(order.total, order.currency),
        "stage_labels": STAGE_LABELS.items(),
        "cancelled": len(shipments) - len(_standing(shipments)),
        "shown_days": shown_days(order.shown_promises.all()),
        "language": Locale("en").languages.get(order.locale.split("-")[0], order.locale),
        "country": dict(country_choices()).get(order.ship_country, order.ship_country),
    }


def _what_now(request: HttpRequest, order: Order, bound: Bound | None) -> dict[str, Any]:
    acts = offers(request, order, ACTS, bound)
    return {
        "promise": promise_of(order),
        "blockers": _blockers(order, are_holds_shown=request.user.has_perm(SEEN["holds"])),
        "holds": _holds(request, order, acts),
        "offers": [offer for offer in acts if _is_shown(offer, order)],
        "now": timezone.now(),
    }


def _row(line: OrderLine, currency: str) -> LineRow:
    stages, offset = [], 0
    for name in OrderLine.STAGES:
        count = getattr(line, name)
        if count:
            stages.append(Stage(name, STAGE_LABELS[name], count, offset))
            offset += count
    return LineRow(line, money(line.unit_price, currency), stages)


def _card(request: HttpRequest, acts: Acts, shipment: Shipment, bound: Bound | None) -> ShipmentCard:
    lines = {line.pk: line for line in shipment.lines.all()}
    return ShipmentCard(
        shipment,
        badges.badge(shipment.status, shipment.get_status_display()),
        [line for line in lines.values() if line.quantity],
        [_parcel(request, acts, shipment, parcel, lines) for parcel in shipment.parcels.all()],
        offers(request, shipment, acts.get(Shipment, ()), bound),
    )


def _parcel(
    request: HttpRequest, acts: Acts, shipment: Shipment, parcel: Parcel, lines: dict[int, ShipmentLine]
) -> ParcelCard:
    tracker = getattr(parcel, "tracker", None)
    mark = badges.badge(tracker.status, tracker.get_status_display()) if tracker else ""
    contents = [f"{each.quantity} × {lines[each.shipment_line_id].order_line.name}" for each in parcel.lines.all()]
    last_scan = tracker.timeline[-1] if tracker and tracker.timeline else None
    return ParcelCard(parcel, mark, contents, last_scan, expected_of(parcel, shipment), _reship(request, acts, parcel))


def _reship(request: HttpRequest, acts: Acts, parcel: Parcel) -> ReshipCard | None:
    reship: Reship | None = getattr(parcel, "reship", None)
    if reship is None or reship.status == Reship.Status.WITHDRAWN:
        return None
    is_open = reship.status == Reship.Status.PROPOSED
    return ReshipCard(reship, offers(request, reship, acts.get(Reship, ())) if is_open else ())


def standing_holds(order: Order) -> list[Hold]:
    return [hold for hold in order.holds.all() if hold.released_at is None]


def _holds(request: HttpRequest, order: Order, acts: Sequence[Offer]) -> list[HoldCard]:
    """Return the holds that stand, each with the button that releases this one."""
    standing = standing_holds(order)
    names = names_of({hold.placed_by for hold in standing})
    may_release = any(offer.act is RELEASE for offer in acts)
    return [
        HoldCard(hold, held(hold), names[hold.placed_by], _release(order, hold) if may_release else None)
        for hold in standing
    ]


def _blockers(order: Order, *, are_holds_shown: bool) -> list[tuple[Reason, str, str]]:
    """Return what keeps the order from leaving, with hue and icon; a hold that has its own card is told there."""
    found = why_not_shipped(order)
    shown = [reason for reason in found if not (are_holds_shown and reason.code.startswith("held_"))]
    return [(reason, *BLOCKER_BADGES.get(reason.owner, (badges.LOOK, "alert"))) for reason in shown]


def _release(order: Order, hold: Hold) -> Offer:
    form = ReleaseForm(thing=order, hold=hold.pk, auto_id=f"release-{hold.pk}-%s")
    return Offer(RELEASE, act_url(order, RELEASE.verb), form, ())


def _is_shown(offer: Offer, order: Order) -> bool:
    """One hold has its button beside it; one for all of them is for several."""
    return offer.act is not RELEASE or not offer.is_now or len(standing_holds(order)) > 1
