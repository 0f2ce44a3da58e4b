"""`/orders`: placed, found, followed, cancelled, held, released. A key sees the orders of its own channel only."""

from typing import Annotated

from django.db.models import Q, QuerySet, prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from ninja import Query, Router
from pydantic import Field, TypeAdapter

from fulfillment.api.schemas import Lines, wanted
from fulfillment.services import accept_order, cancel_order
from orders.api.answers import Filters, Id, Page, answer, answer_page, one_of, read_cursor
from orders.api.auth import ApiRequest, actor, requires
from orders.api.schemas import EventOut, OrderOut, parts
from orders.idempotency import once
from orders.intake.draft import MAX_LINES, GivenText, Moment, NoteText, OrderDraft, Quantity, Strict
from orders.models import Hold, Order
from orders.numbers import read_number
from orders.services import hold_order, release_order

router = Router(tags=["Orders"])

PLACE = TypeAdapter(tuple[Moment, Id])
SEQ = TypeAdapter(tuple[Id])


class OrderFilters(Filters):
    status: one_of(Order.Status.values) | None = None  # type: ignore[valid-type]  # made by a function
    placed_after: Moment | None = None
    placed_before: Moment | None = None
    external_id: GivenText | None = None
    number: GivenText | None = None

    def narrow(self, orders: "QuerySet[Order]") -> "QuerySet[Order]":
        given = {
            "status": self.status,
            "placed_at__gt": self.placed_after,
            "placed_at__lt": self.placed_before,
            "external_id": self.external_id,
            "number": self.number and (read_number(self.number) or ""),
        }
        orders = orders.filter(**{name: value for name, value in given.items() if value is not None})
        return self._after(orders, self.cursor) if self.cursor else orders

    @staticmethod
    def _after(orders: "QuerySet[Order]", cursor: str) -> "QuerySet[Order]":
        placed_at, pk = read_cursor(cursor, PLACE)
        return orders.filter(Q(placed_at__lt=placed_at) | Q(pk__lt=pk), placed_at__lte=placed_at)


class Cancelling(Strict):
    """Why, and which units; all of the order where no lines are named."""

    reason: GivenText
    lines: Lines | None = None


class HeldLine(Strict):
    """A line to hold: a hold keeps all of it, so a quantity may be left out."""

    line: Annotated[int, Field(ge=1, le=MAX_LINES, strict=True)]
    quantity: Quantity | None = None


class Holding(Strict):
    reason: one_of(Hold.Reason.values)  # type: ignore[valid-type]  # made by a function
    note: NoteText = ""
    until: Moment | None = None
    lines: Annotated[list[HeldLine], Field(min_length=1, max_length=MAX_LINES)] | None = None


class Releasing(Strict):
    """Which hold, by its `id` in the order's `holds`; all of them where none is named."""

    hold: Id | None = None
    note: NoteText = ""


@router.post("/orders", auth=requires("orders:write"), response={201: OrderOut})
@once
def place(request: ApiRequest, draft: OrderDraft) -> HttpResponse:
    """Place an order: what is in stock is reserved, the rest waits.

    An `external_id` is placed once a channel: again, it answers 409 with the number of the order there is.
    """
    order = accept_order(draft, channel=request.auth.channel, by=actor(request))
    return answer(_shown(request, order), status=201)


@router.get("/orders", auth=requires("orders:read"), response=Page[OrderOut])
def find(request: ApiRequest, filters: Query[OrderFilters]) -> HttpResponse:
    """List orders, newest first."""
    orders = filters.narrow(_own(request)).order_by("-placed_at", "-pk").prefetch_related(*parts())
    return answer_page(request, orders, OrderOut.all_of, limit=filters.limit, by=("placed_at", "pk"))


@router.get("/orders/{number}", auth=requires("orders:read"), response={200: OrderOut, 304: None})
def show(request: ApiRequest, number: str) -> HttpResponse:
    """Answer one order. Its version is its `ETag`: ask with `If-None-Match`, and 304 means that nothing changed."""
    order = _load(request, number)
    known = {"ETag": f'"{order.version}"'}
    blank = HttpResponse(headers=known)
    short = get_conditional_response(request, etag=known["ETag"], response=blank)
    if short is not None and short is not blank:
        return short
    prefetch_related_objects([order], *parts())
    return answer(OrderOut.all_of([order])[0], headers=known)


@router.get("/orders/{number}/events", auth=requires("orders:read"), response=Page[EventOut])
def follow(request: ApiRequest, number: str, filters: Query[Filters]) -> HttpResponse:
    """Answer the order's whole trail, oldest first."""
    events = _load(request, number).events.order_by("seq")
    if filters.cursor:
        events = events.filter(seq__gt=read_cursor(filters.cursor, SEQ)[0])
    return answer_page(request, events, EventOut.all_of, limit=filters.limit, by=("seq",))


@router.post("/orders/{number}/cancel", auth=requires("orders:write"), response=OrderOut)
@once
def cancel(request: ApiRequest, number: str, asked: Cancelling) -> HttpResponse:
    """Cancel an order of which nothing has left, or units of its lines. What was reserved is free again."""
    order = _load(request, number)
    cancel_order(order, by=actor(request), reason=asked.reason, lines=wanted(asked.lines))
    return answer(_shown(request, order))


@router.post("/orders/{number}/hold", auth=requires("orders:write"), response=OrderOut)
@once
def hold(request: ApiRequest, number: str, asked: Holding) -> HttpResponse:
    """Keep the order, or some of its lines, from being picked and shipped; the hold's id stands in `holds`."""
    order = _load(request, number)
    lines = [each.line for each in asked.lines or ()]
    hold_order(order, by=actor(request), reason=asked.reason, note=asked.note, until=asked.until, lines=lines)
    return answer(_shown(request, order))


@router.post("/orders/{number}/release", auth=requires("orders:write"), response=OrderOut)
@once
def release(request: ApiRequest, number: str, asked: Releasing | None = None) -> HttpResponse:
    """Release one hold, or all that stand."""
    asked = asked or Releasing()
    order = _load(request, number)
    release_order(order, by=actor(request), hold=asked.hold, note=asked.note)
    return answer(_shown(request, order))


def _own(request: ApiRequest) -> "QuerySet[Order]":
    return request.auth.channel.orders.all()  # by this way each order knows its channel without a join


def _load(request: ApiRequest, number: str) -> Order:
    return get_object_or_404(_own(request), number=read_number(number) or "")


def _shown(request: ApiRequest, order: Order) -> OrderOut:
    """Read the order again, as everybody else will."""
    return OrderOut.all_of(_own(request).filter(pk=order.pk).prefetch_related(*parts()))[0]
