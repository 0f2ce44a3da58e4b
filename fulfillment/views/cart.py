"""The walk with a cart: the bin, the article, the slot, the quantity; and leaving it to somebody else."""

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from fulfillment import reports
from fulfillment.blockers import reasons
from fulfillment.forms import CartForm, LeaveForm
from fulfillment.models import Cart, PickTask, Scan, Shipment, Warehouse
from fulfillment.services import (
    Walk,
    give_up,
    hand_over,
    scan_on_cart,
    short_pick,
    take_cart,
    undo_scan,
)
from fulfillment.services.claims import name_of, pickers_of
from fulfillment.services.fetch import Fetched
from fulfillment.services.short import what_stays
from fulfillment.views.access import actor, allowed_to, go, is_htmx, say, show
from orders.models import Actor


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to("pick")
def cart(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the stop where the walk is, and take a scan there."""
    walk = _walk(request, pk)
    if request.method != "POST":
        return _screen(request, walk.read())
    form = CartForm(request.POST)
    if not form.is_valid():
        say(request, form.complaint, is_right=False)
        return _screen(request, walk.read(), status=422)
    scan, walk = _do(walk, form, actor(request))
    say(request, scan.sentence, is_right=scan.is_done)
    is_on = walk.task is not None and walk.is_mine
    return _screen(request, walk) if is_on and is_htmx(request) else go(request, request.path)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_to("pick")
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand the cart over to a colleague, or leave it to whoever comes next."""
    walk, by = _walk(request, pk).read(), actor(request)
    form = LeaveForm(request.POST or None, colleagues=_colleagues(request, walk))
    if request.method != "POST" or not form.is_valid():
        context = {"cart": walk.cart, "walk": walk, "form": form}
        return show(request, "fulfillment/leave.html", context, status=422 if request.method == "POST" else 200)
    if to := form.cleaned_data["to"]:
        hand_over(walk.cart, Actor.of("user", to), by=by)
        say(request, f"{to.get_full_name() or to.get_username()} goes on with {walk.cart}.", is_right=True)
    else:
        give_up(walk.cart, by=by)
        say(request, f"{walk.cart} waits for whoever comes next.", is_right=True)
    return go(request, "/floor/")


@require_POST
@allowed_to("pick")
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Take this very cart."""
    return redirect("floor:cart", take_cart(_walk(request, pk).read().cart, by=actor(request)).pk)


def _walk(request: HttpRequest, pk: int) -> Walk:
    """Return the walk of a cart in a warehouse of this person's, to be read."""
    return Walk(Cart(pk=pk), actor(request), mine=Warehouse.objects.of(request.user))


def _do(walk: Walk, form: CartForm, by: Actor) -> tuple[Scan, Walk]:
    act, given = form.act(by), form.cleaned_data
    if given["short"]:
        scan = short_pick(walk.read(), act, PickTask.Reason(given["short"]), given["task"])
    elif given["undo"]:
        scan = undo_scan(walk.read(), act)
    else:
        return scan_on_cart(walk, act)
    return scan, walk.read()


def _screen(request: HttpRequest, walk: Walk, status: int = 200) -> HttpResponse:
    if walk.task is None or not walk.is_mine:
        return _not_mine(request, walk, status)
    context = {
        "cart": walk.cart,
        "walk": walk,
        "task": walk.task,
        "line": walk.task.shipment_line.order_line,
        "reasons": PickTask.Reason.choices,
        "where": [("task", walk.task.pk)],
        "last": walk.to_undo,
        "stays": list(dict.fromkeys(map(what_stays, walk.short))),
        "ask": "Scan the article" if walk.is_at else "Scan the bin",
    }
    return show(request, "fulfillment/cart.html", context, status=status)


def _not_mine(request: HttpRequest, walk: Walk, status: int) -> HttpResponse:
    """Say that the cart is done, or who has it; let it be taken where nobody does."""
    holder = Actor.parse(walk.holder) if walk.holder else None
    ends = [] if walk.task else reports.ends(walk.tasks)
    context = {
        "cart": walk.cart,
        "walk": walk,
        "holder": name_of(holder) if holder else "",
        "is_free": walk.is_free,
        "ends": ends,
        "is_here": any(end.is_here for end in ends),
        "stays": list(dict.fromkeys(map(what_stays, walk.short))),
        "last": None if walk.task else _last(walk),
        "free_carts": reports.free_carts(Warehouse.objects.filter(pk=walk.cart.wave.warehouse_id)).total(),
    }
    return show(request, "fulfillment/cart_rest.html", context, status=status)


def _last(walk: Walk) -> Fetched | None:
    """Return what this person may still take back of a cart that is done."""
    shipment = walk.to_undo.line.shipment if walk.to_undo else None
    if shipment is None or shipment.status != Shipment.Status.PICKED:
        return None
    return None if reasons(shipment, "unpick") else walk.to_undo


def _colleagues(request: HttpRequest, walk: Walk) -> QuerySet[User]:
    return pickers_of(walk.cart).exclude(pk=str(request.user.pk))
