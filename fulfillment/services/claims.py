"""Who walks with which cart: claimed under a lease, handed over, given up. Tasks move by conditional UPDATEs alone.

A cart is held as long as the lease of one of its tasks runs; a scan renews that of the task it works on.
"""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from fulfillment.models import Cart, PickTask, Shipment, Warehouse, Wave
from fulfillment.models.wave import PickTaskQuerySet
from fulfillment.services.tasks import LEASE
from orders.blockers import Reason
from orders.lifecycle import NotAllowed, Refused, writing
from orders.models import Actor, Product

Status = PickTask.Status
PICK = "fulfillment.pick_shipment"


class NoCartLeft(Refused):
    """Every cart is walked with, or done."""

    code = "no_cart_left"


class NotYourCart(Refused):
    """Somebody else walks with it now, or nobody does."""

    code = "not_your_cart"


def claim_cart(warehouse: Warehouse, *, by: Actor, wave: Wave | None = None) -> Cart:
    """Give a person the next cart that nobody walks with; who has one already gets that again. Raises NoCartLeft."""
    with writing():
        _one_claim_at_a_time(by)
        if mine := cart_of(by, warehouse):
            return mine
        while cart := _next_free(warehouse, wave):
            if _take(cart, by):
                return cart
    raise NoCartLeft("No cart waits: all are done, or somebody walks with them.")


def take_cart(cart: Cart, *, by: Actor) -> Cart:
    """Take this very cart, if nobody walks with it. Raises NotYourCart."""
    with writing():
        if not Cart.objects.free().filter(pk=cart.pk).select_for_update(no_key=True).exists() or not _take(cart, by):
            raise NotYourCart(whose(cart, by))
    return cart


def hand_over(cart: Cart, to: Actor, *, by: Actor) -> Cart:
    """Let a colleague go on with the cart, as it is. Raises NotYourCart."""
    with writing():
        _move(cart, by, claimed_by=str(to), lease_until=timezone.now() + LEASE)
    return cart


def give_up(cart: Cart, *, by: Actor, whose_: Actor | None = None) -> Cart:
    """Leave the cart to whoever comes next; `whose_` is the one who has it, if not `by`. Raises NotYourCart."""
    with writing():
        _move(cart, whose_ or by, status=Status.OPEN, claimed_by="", lease_until=None)
    return cart


def cart_of(by: Actor, warehouse: Warehouse | None = None) -> Cart | None:
    """Return the cart that this person walks with."""
    mine = Cart.objects.claimed_by(str(by)).select_related("wave__warehouse")
    return (mine.of_warehouse(warehouse) if warehouse else mine).first()


def cart_with(shipment: Shipment) -> Cart | None:
    """Return the cart on which units of a shipment are still to be fetched."""
    carts = Cart.objects.filter(tasks__shipment_line__shipment=shipment, tasks__status__in=PickTask.TO_DO)
    return carts.select_related("wave__warehouse").first()


def refuse_on_cart(shipment: Shipment) -> None:
    """Raise NotAllowed for a shipment that is fetched with a cart."""
    if cart := cart_with(shipment):
        sentence = f"{shipment} is on {cart}: it is picked with that cart."
        raise NotAllowed([Reason("on_cart", sentence, "warehouse")])


def holder_of(cart: Cart) -> Actor | None:
    """Return who has the cart, also where the lease has run out and nobody else came."""
    found = cart.tasks.filter(status=Status.CLAIMED).order_by("-lease_until").values_list("claimed_by", flat=True)
    holder = found.first()
    return Actor.parse(holder) if holder else None


def whose(cart: Cart, by: Actor) -> str:
    """Say in a sentence why a person cannot go on with a cart."""
    holder = holder_of(cart)
    if holder and holder != by:
        return f"{name_of(holder)} has taken over this walk. Nothing was changed: give them what you hold."
    if cart.tasks.to_do().exists():
        return f"You do not walk with {cart} any more. Nothing was changed: take it again, or put back what you hold."
    return f"{cart} is done: nothing is left to fetch."


def pickers_of(cart: Cart) -> QuerySet[User]:
    """Return who may pick in the warehouse of a cart."""
    people = User.objects.with_perm(PICK, backend="django.contrib.auth.backends.ModelBackend")
    here = Q(staff=None) | Q(staff__warehouses=None) | Q(staff__warehouses=cart.wave.warehouse_id)
    return people.filter(here).order_by("username").distinct()


def name_of(who: Actor) -> str:
    user = get_user_model().objects.filter(pk=who.id).first() if who.kind == "user" and who.id.isdecimal() else None
    return str(user.get_full_name() or user.get_username()) if user else "Somebody else"


def _one_claim_at_a_time(by: Actor) -> None:
    """Let a double tap wait for the first: nobody walks with two carts."""
    if by.kind == "user" and by.id.isdecimal():
        get_user_model().objects.select_for_update(no_key=True).filter(pk=by.id).first()


def _next_free(warehouse: Warehouse, wave: Wave | None) -> Cart | None:
    here = Cart.objects.free().of_warehouse(warehouse)
    free = here.filter(wave=wave) if wave else here
    is_skipping = connection.features.has_select_for_update_skip_locked
    ordered = free.order_by("wave_id", "number").select_related("wave__warehouse")
    return ordered.select_for_update(of=("self",), no_key=True, skip_locked=is_skipping).first()


def _take(cart: Cart, by: Actor) -> bool:
    """Claim all that is to be fetched, unless somebody was quicker. The cart is locked."""
    tasks = _locked(cart, PickTask.objects.to_do())
    free = PickTask.objects.to_do().filter(pk__in=tasks, cart__in=Cart.objects.free())
    return bool(free.update(status=Status.CLAIMED, claimed_by=str(by), lease_until=timezone.now() + LEASE))


def _move(cart: Cart, holder: Actor, **values: object) -> None:
    mine = PickTask.objects.filter(status=Status.CLAIMED, claimed_by=str(holder))
    if not mine.filter(pk__in=_locked(cart, mine)).update(**values):
        raise NotYourCart(whose(cart, holder))


def _locked(cart: Cart, tasks: PickTaskQuerySet) -> list[int]:
    """Lock tasks of a cart; return their primary keys."""
    return list(tasks.filter(cart=cart).locked().values_list("pk", flat=True))


def single_for(product: Product, warehouse: Warehouse) -> Shipment | None:
    """Return the shipment, due first, that wants the one unit of this article which somebody holds out of a tote."""
    fetched = Shipment.objects.filter(
        warehouse=warehouse, status=Shipment.Status.PICKED, slot__cart__kind=Cart.Kind.SINGLE
    )
    return fetched.filter(lines__order_line__product=product, lines__quantity__gt=0).unblocked().due_first().first()
