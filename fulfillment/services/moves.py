"""Stock that is moved from bin to bin; from the dock to a shelf that is putting it away."""

from contextlib import AbstractContextManager, nullcontext

from django.db.models import F, Subquery, Sum

from fulfillment import ledger
from fulfillment.models import Bin, BinStock, PickTask, Scan, StockItem
from fulfillment.services.counts import doubt
from fulfillment.services.dock import counted_away, past_arrivals
from fulfillment.services.returns.waiting import why_not_spare
from fulfillment.services.scanned import Act, Result, Verdict, keep, once
from orders import outbox
from orders.grammar import agree
from orders.lifecycle import Refused
from orders.models import Product


class NotMovable(Refused):
    """It does not lie there, is promised to somebody, or is not to lie where it should go."""

    code = "not_movable"


def scan_to_move(source: Bin, target: Bin, product: Product, quantity: int, act: Act, step: Scan.Step) -> Scan:
    """Move units that somebody holds; where that cannot be, say why. Repeated, it answers as before."""

    def scanned() -> Scan:
        return _scanned(source, target, product, quantity, act, step)

    try:
        return past_arrivals(lambda: once(act, step, scanned)[0])
    except NotMovable as no:
        complaint = no.sentence
    return once(act, step, lambda: _refused(source, product, quantity, complaint, act, step))[0]


def _refused(source: Bin, product: Product, quantity: int, complaint: str, act: Act, step: Scan.Step) -> Scan:
    counted = _count_if_doubted(source, product, quantity, complaint, act, step)
    return keep(act, Verdict(Result.WRONG_QUANTITY, complaint + counted), step)


def _scanned(source: Bin, target: Bin, product: Product, quantity: int, act: Act, step: Scan.Step) -> Scan:
    def check() -> None:
        if complaint := why_not_move(source, target, product, quantity):
            raise NotMovable(complaint)

    named = {"operation": str(act.operation), "cause": "put away" if step == Scan.Step.PUT_AWAY else "moved"}
    with _leaving_dock(source, target, product, quantity) as away:
        ledger.move(source, target, product, quantity, by=act.by, check=check, **named)
    ring_if_free(source, target)
    said = f"{quantity} × {product.name or product.sku} from {source} into {target}."
    return keep(act, Verdict(Result.RIGHT, said, quantity, bin=target), step, put_away=away or None)


def why_not_move(source: Bin, target: Bin, product: Product, quantity: int) -> str:
    """Say why so many units cannot be moved from one bin to the other; nothing where they can."""
    if source == target:
        return f"That is {source} again. Scan the bin it goes to."
    if Bin.Kind.STAGE in {source.kind, target.kind}:
        return "What lies at packing is picked for orders. Nothing is moved there or from there."
    return why_not_take(source, product, quantity, is_blocking=target.is_blocked)


def why_not_take(source: Bin, product: Product, quantity: int, *, is_blocking: bool) -> str:
    """Say why so many units cannot leave a bin; `is_blocking`: nobody could be promised them then."""
    name = product.name or product.sku
    lying, wanted = _lying(source, product)
    if quantity > lying:
        return (
            f"{lying} × {name} {agree(lying, 'lies', 'lie')} in {source} by the books, not {quantity}."
            if lying
            else f"No {name} lies in {source}."
        )
    if complaint := why_not_spare(source, product, lying - quantity):
        return complaint
    if quantity > lying - wanted:
        are = agree(wanted, "is", "are")
        return f"{wanted} of the {lying} × {name} in {source} {are} to be picked: {lying - wanted} can be moved."
    if is_blocking and not source.is_blocked:
        return _why_not_block(source, product, quantity)
    return ""


def _count_if_doubted(source: Bin, product: Product, quantity: int, complaint: str, act: Act, step: Scan.Step) -> str:
    """Have the bin counted where somebody says once more that more lies there than the books know; say so."""
    before = Scan.objects.filter(by=str(act.by), step=step).order_by("-pk").first()
    is_said_again = before is not None and before.sentence.startswith(complaint)
    if not is_said_again or quantity <= _lying(source, product)[0]:
        return ""
    doubt(source.warehouse, product, source, by=act.by)
    return " It will be counted."


def _why_not_block(source: Bin, product: Product, quantity: int) -> str:
    item = StockItem.objects.get(product=product, warehouse=source.warehouse_id)
    if quantity <= item.free:
        return ""
    are = agree(item.reserved, "is", "are")
    return f"{item.reserved} × {product.name or product.sku} {are} reserved for orders: {item.free} can be set aside."


def _lying(source: Bin, product: Product) -> tuple[int, int]:
    """Return how many units lie in a bin, and how many of them somebody is to fetch."""
    tasks = PickTask.objects.to_do().filter(bin=source, shipment_line__order_line__product=product)
    wanted = tasks.order_by().values("bin").annotate(units=Sum(F("quantity") - F("picked"))).values("units")
    rows = BinStock.objects.filter(product=product, bin=source).annotate(wanted=Subquery(wanted))
    found = list(rows.values_list("quantity", "wanted"))
    return sum(units for units, _ in found), (found[0][1] or 0) if found else 0


def ring_if_free(source: Bin, target: Bin) -> None:
    """Have the orders that wait served with what is not blocked any more."""
    if source.is_blocked and not target.is_blocked:
        outbox.ring("allocate")


def _leaving_dock(
    source: Bin, target: Bin, product: Product, quantity: int
) -> AbstractContextManager[list[tuple[int, int]]]:
    if source.kind == Bin.Kind.DOCK and target.kind != Bin.Kind.DOCK:
        return counted_away(source.warehouse, product, quantity)
    return nullcontext([])
