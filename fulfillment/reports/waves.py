"""How far the waves of a warehouse are: how many stops are done, and who walks with which cart."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.contrib.auth import get_user_model
from django.db.models import Count

from fulfillment.models import Cart, PickTask, Warehouse, Wave
from orders.models import Actor

LATEST = 10
Status = PickTask.Status


@dataclass(slots=True)
class CartRow:
    """A cart, how many of its tasks are done, and who has it."""

    cart: Cart
    tasks: int = 0
    done: int = 0
    holder: str = ""
    is_held: bool = False

    @property
    def is_done(self) -> bool:
        return self.done == self.tasks

    @property
    def is_begun(self) -> bool:
        return bool(self.done or self.holder)


@dataclass(slots=True)
class WaveRow:
    """A wave with its carts."""

    wave: Wave
    carts: list[CartRow] = field(default_factory=list)

    @property
    def tasks(self) -> int:
        return sum(row.tasks for row in self.carts)

    @property
    def done(self) -> int:
        return sum(row.done for row in self.carts)

    @property
    def is_done(self) -> bool:
        return self.done == self.tasks

    @property
    def free(self) -> int:
        """Count the carts that nobody walks with."""
        return sum(not (row.is_done or row.is_held) for row in self.carts)


def waves_of(warehouse: Warehouse, latest: int = LATEST) -> list[WaveRow]:
    """List the latest waves of a warehouse, the newest first, with their carts."""
    waves = list(Wave.objects.filter(warehouse=warehouse)[:latest])
    return rows_of(waves)


def rows_of(waves: Sequence[Wave]) -> list[WaveRow]:
    carts = {cart.pk: CartRow(cart) for cart in Cart.objects.filter(wave__in=waves)}
    counted = PickTask.objects.filter(cart__in=list(carts)).order_by().values_list("cart", "status", "claimed_by")
    for cart, status, who, count in counted.annotate(tasks=Count("pk")):
        row = carts[cart]
        row.tasks += count
        row.done += count if status in {Status.DONE, Status.SHORT} else 0
        row.holder = who if status == Status.CLAIMED else row.holder
    held = PickTask.objects.held().filter(cart__in=list(carts)).values_list("cart", flat=True)
    for cart in held.order_by().distinct():
        carts[cart].is_held = True
    _name(carts.values())
    of = {wave.pk: WaveRow(wave) for wave in waves}
    for row in carts.values():
        of[row.cart.wave_id].carts.append(row)
    return list(of.values())


def free_carts(warehouses: Iterable[Warehouse]) -> Counter[int]:
    """Count the carts that nobody walks with: warehouse → carts."""
    return Counter(Cart.objects.free().filter(wave__warehouse__in=warehouses).values_list("wave__warehouse", flat=True))


def _name(rows: Iterable[CartRow]) -> None:
    """Put names in the place of actors."""
    parsed = {row.holder: Actor.parse(row.holder) for row in rows if row.holder}
    ids = [who.id for who in parsed.values() if who.kind == "user"]
    users = {str(user.pk): user for user in get_user_model().objects.filter(pk__in=ids)}
    for row in rows:
        if user := users.get(parsed[row.holder].id) if row.holder else None:
            row.holder = user.get_full_name() or user.get_username()
