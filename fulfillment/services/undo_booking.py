"""Taking back what somebody booked last at the dock or at a shelf: received, put away, moved.

Nothing is edited: the way back is an entry of its own, with its cause. What went on meanwhile stays as it is.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from fulfillment import ledger
from fulfillment.models import Bin, Receipt, Scan, StockMovement
from fulfillment.services.dock import as_it_lies, count_back, past_arrivals
from fulfillment.services.moves import ring_if_free, why_not_move, why_not_take
from fulfillment.services.receipts import NotThere, count_out
from fulfillment.services.scanned import Act, Result, Verdict, keep, once
from orders.blockers import Reason
from orders.grammar import agree
from orders.lifecycle import NotAllowed
from orders.models import Actor

BOOKED = (Scan.Step.RECEIVE, Scan.Step.PUT_AWAY, Scan.Step.MOVE)
RECENT = 20
WITHIN = timedelta(minutes=15)
"""After that somebody may have built upon it: it is moved back, or counted."""


def to_take_back(scans: Iterable[Scan]) -> Scan | None:
    """Return what can be taken back of what somebody did, the latest first."""
    standing = (scan for scan in scans if scan.result == Result.RIGHT and scan.quantity and not scan.is_undone)
    last = next(standing, None)
    return last if last and last.at >= timezone.now() - WITHIN else None


def undo_booking(scan: Scan, act: Act) -> Scan:
    """Take back what this person booked last in a step. Repeated, it answers as before.

    Raises NotAllowed where it is not the last, was long ago, or the goods went on.
    """
    return past_arrivals(lambda: once(act, BOOKED, lambda: _undo(scan, act))[0])


def undo_latest(act: Act, steps: Sequence[Scan.Step], entries: QuerySet[StockMovement]) -> Scan:
    """Take back what this person booked last in these steps, if it is one of these entries.

    Repeated, it answers as before. Raises NotAllowed.
    """
    return past_arrivals(lambda: once(act, BOOKED, lambda: _undo(_latest(act.by, steps, entries), act))[0])


def _latest(by: Actor, steps: Sequence[Scan.Step], entries: QuerySet[StockMovement]) -> Scan:
    mine = Scan.objects.filter(by=str(by), quantity__gt=0).select_related("undone_by").order_by("-pk")
    latest = [to_take_back(mine.filter(step=step)[:RECENT]) for step in steps]
    of_these = [scan for scan in latest if scan and entries.filter(operation=str(scan.operation)).exists()]
    if not of_these:
        said = "What you booked last in the past 15 minutes was none of this: there is nothing to take back."
        raise NotAllowed([Reason("nothing_to_undo", said, "nobody")])
    return max(of_these, key=lambda scan: scan.pk)


def _undo(scan: Scan, act: Act) -> Scan:
    locked = Scan.objects.select_for_update(no_key=True).get(pk=scan.pk)  # a twin waits here
    _refuse_other(locked, act.by)
    ends = ("stock_item__product", "from_bin__warehouse", "to_bin__warehouse")
    entry = StockMovement.objects.select_related(*ends).get(operation=str(locked.operation))
    said = _take_out(entry, act) if locked.step == Scan.Step.RECEIVE else _move_back(locked, entry, act)
    verdict = Verdict(Result.UNDONE, said, entry.quantity, bin=entry.from_bin or entry.to_bin)
    return keep(act, verdict, Scan.Step(locked.step), undoes=locked)


def _refuse_other(scan: Scan, by: Actor) -> None:
    """Refuse what is not the last that this person booked in the step, or was booked long ago."""
    mine = Scan.objects.filter(by=str(by), step=scan.step, result=Result.RIGHT, quantity__gt=0, undone_by=None)
    last = mine.order_by("-pk").first()
    if scan.is_undone:
        raise _no("undone_before", "That is taken back already. Look at the screen again.")
    if last != scan:
        raise _no("not_the_last", "That is not what you booked last. Look at the screen again.")
    if scan.at < timezone.now() - WITHIN:
        raise _no("too_late", "That was booked too long ago. Move it back, or have the bin counted.")


def _take_out(entry: StockMovement, act: Act) -> str:
    """Book out what was received, and count it on its delivery no more."""
    place, product = _end(entry), entry.stock_item.product
    receipts = Receipt.objects.numbered(entry.cause).filter(warehouse=place.warehouse_id)
    receipt = receipts.select_for_update(no_key=True).first()
    if receipt and receipt.closed_at:
        raise _no("receipt_closed", f"{receipt} is closed. Have it opened first.")
    ledger.lock_shelf(place, [product.pk])
    _refuse_gone(place, why_not_take(place, product, entry.quantity, is_blocking=True))
    try:
        if receipt:
            count_out(receipt, product, entry.quantity, place.kind)
    except NotThere as gone:
        _refuse_gone(place, gone.sentence)
    ledger.adjust(
        place.warehouse,
        product,
        -entry.quantity,
        bin_code=place.code,
        operation=str(act.operation),
        by=act.by,
        cause=_cause(entry),
    )
    are = agree(entry.quantity, "is", "are")
    return f"Taken back: {entry.quantity} × {product.name or product.sku} {are} not booked into {place}."


def _move_back(scan: Scan, entry: StockMovement, act: Act) -> str:
    place, product = _end(entry), entry.stock_item.product
    home = entry.from_bin or place
    if scan.put_away:
        count_back(scan.put_away)
    with as_it_lies(place.warehouse_id, [product.pk] if place.kind == Bin.Kind.DOCK else []):
        ledger.lock_shelf(place, [product.pk])
        _refuse_gone(place, why_not_move(place, home, product, entry.quantity))
        ledger.move(place, home, product, entry.quantity, operation=str(act.operation), by=act.by, cause=_cause(entry))
    ring_if_free(place, home)
    return f"Taken back: put {entry.quantity} × {product.name or product.sku} into {home} again."


def _end(entry: StockMovement) -> Bin:
    if entry.to_bin is None:
        raise RuntimeError(f"{entry} came nowhere")
    return entry.to_bin


def _refuse_gone(place: Bin, complaint: str) -> None:
    if complaint:
        raise _no("went_on", f"That cannot be taken back. {complaint} Have {place} counted.")


def _cause(entry: StockMovement) -> str:
    return f"taken back: {entry.cause}"


def _no(code: str, sentence: str) -> NotAllowed:
    return NotAllowed([Reason(code, sentence, "warehouse")])
