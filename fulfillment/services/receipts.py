"""Deliveries: announced, counted as they arrive, put away, closed. The stock itself is the ledger's.

Lock order: Receipt (by primary key), its lines, then StockItem.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Case, DateTimeField, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.formats import date_format

from fulfillment.ledger.stock import Arrival
from fulfillment.models import Bin, Receipt, ReceiptLine, Warehouse
from orders.lifecycle import Refused
from orders.models import Product

COUNTED: Mapping[str, tuple[str, ...]] = {Bin.Kind.DAMAGED: ("damaged",), Bin.Kind.DOCK: ("received",)}
"""Kind of a bin → what of a line counts the units that arrive there; any other bin is where they stay."""


class ReceiptKnown(Refused):
    """A delivery of this number is known in the warehouse."""

    code = "receipt_known"


class NotThere(Refused):
    """Of the delivery not so many units stand there."""

    code = "not_there"


class ReceiptClosed(Refused):
    """The delivery is closed: nothing more of it is expected."""

    code = "receipt_closed"


class NotAnnounced(Refused):
    """Nobody announced a delivery of this number, and nobody said that it is begun."""

    code = "not_announced"


class ReceiptGone(Refused):
    """All that came of a delivery nobody had announced was taken back: it is none any more."""

    code = "receipt_gone"


def expect_receipt(
    warehouse: Warehouse,
    reference: str,
    units: Mapping[Product, int],
    *,
    supplier: str = "",
    expected_date: date | None = None,
) -> Receipt:
    """Announce a delivery of so many units. Raises ReceiptKnown."""
    with transaction.atomic():
        receipt = _announce(warehouse, reference, supplier=supplier, expected_date=expected_date)
        ReceiptLine.objects.bulk_create(
            ReceiptLine(receipt=receipt, product=product, expected=quantity) for product, quantity in units.items()
        )
    return receipt


def _announce(warehouse: Warehouse, reference: str, **said: Any) -> Receipt:
    try:
        with transaction.atomic():
            return Receipt.objects.create(warehouse=warehouse, reference=reference, **said)
    except IntegrityError:
        known = Receipt.objects.numbered(reference).get(warehouse=warehouse)
        raise ReceiptKnown(f"{known} is announced in {warehouse} already.", receipt=known.pk) from None


def open_receipt(warehouse: Warehouse, reference: str, *, is_begun: bool = False) -> Receipt:
    """Return the delivery of this number, locked. Where nobody announced it, it is made if a person began it.

    Raises ReceiptClosed, NotAnnounced.
    """
    named = Receipt.objects.numbered(reference).filter(warehouse=warehouse).select_for_update(no_key=True)
    receipt = named.first()
    if receipt is None:
        if not is_begun:
            raise NotAnnounced(why_not_announced(reference))
        Receipt.objects.bulk_create([Receipt(warehouse=warehouse, reference=reference)], ignore_conflicts=True)
        receipt = named.get()
    if receipt.closed_at:
        raise ReceiptClosed(why_closed(receipt))
    return receipt


def why_not_announced(reference: str) -> str:
    return f"Nobody announced {reference}. Look at its number again, or begin it."


def why_closed(receipt: Receipt) -> str:
    """Say when a delivery was closed, and what to do instead; nothing while it is open."""
    if receipt.closed_at is None:
        return ""
    day = date_format(timezone.localtime(receipt.closed_at), "j F")
    return f"{receipt} was closed on {day}. Scan the number of another delivery, or have it opened."


def count_in(receipt: Receipt, arrived: Iterable[tuple[Product, int, str]]) -> None:
    """Count units of a delivery that arrive in a bin of this kind. The receipt is locked."""
    for product, quantity, kind in arrived:
        columns = COUNTED.get(kind, ("received", "put_away"))
        more = {column: F(column) + quantity for column in columns}
        if not ReceiptLine.objects.filter(receipt=receipt, product=product).update(**more):
            ReceiptLine.objects.create(receipt=receipt, product=product, **dict.fromkeys(columns, quantity))
    mine = Receipt.objects.filter(pk=receipt.pk)
    mine.update(arrived_at=_stamped("arrived_at"), put_away_at=_away())


def count_arrivals(warehouse: Warehouse, reference: str, arrivals: Sequence[Arrival]) -> None:
    """Count what is booked under the number of a delivery that is expected; of any other number nothing is counted."""
    mine = Receipt.objects.open().numbered(reference).filter(warehouse=warehouse)
    receipt = mine.select_for_update(no_key=True).first()
    if receipt is not None:
        places = Bin.objects.filter(warehouse=warehouse, code__in={str(arrival.bin) for arrival in arrivals})
        kinds = dict(places.values_list("code", "kind"))
        count_in(receipt, [(each.product, each.quantity, kinds.get(str(each.bin), "")) for each in arrivals])


def count_out(receipt: Receipt, product: Product, quantity: int, kind: str) -> None:
    """Take back that units arrived in a bin of this kind. The receipt is locked. Raises NotThere.

    What nobody announced, and of which nothing came then, was a slip: it is gone.
    """
    columns = COUNTED.get(kind, ("received", "put_away"))
    there = Q(**{f"{column}__gte": quantity for column in columns})
    if columns == ("received",):
        there &= Q(received__gte=F("put_away") + quantity)
    if not receipt.lines.filter(there, product=product).update(**{column: F(column) - quantity for column in columns}):
        raise NotThere(f"Of {receipt} not so many stand there any more.")
    receipt.lines.filter(expected=0, received=0, damaged=0).delete()
    if not receipt.lines.exists():
        receipt.delete()
    elif receipt.lines.filter(Q(received__gt=0) | Q(damaged__gt=0)).exists():
        settle_away([receipt.pk])
    else:
        Receipt.objects.filter(pk=receipt.pk).update(arrived_at=None, put_away_at=None)


def settle_away(receipts: Sequence[int]) -> None:
    """Stamp the deliveries of which nothing stands at the dock any more; take the stamp from those that came back."""
    Receipt.objects.filter(pk__in=receipts, arrived_at__isnull=False).update(put_away_at=_away())


def _away() -> Case:
    """Return when all of a delivery was put away: none while something of it stands at the dock."""
    at_dock = ReceiptLine.objects.filter(receipt=OuterRef("pk"), received__gt=F("put_away"))
    return Case(When(Exists(at_dock), then=None), default=_stamped("put_away_at"))


def _stamped(column: str) -> Coalesce:
    return Coalesce(column, Value(timezone.now(), DateTimeField()))


def close_receipt(receipt: Receipt) -> Receipt:
    """Expect nothing more of a delivery. Raises ReceiptClosed where somebody did so before, ReceiptGone."""
    is_closed = Receipt.objects.open().filter(pk=receipt.pk).update(closed_at=timezone.now())
    fresh = _standing(receipt)
    if not is_closed:
        raise _closed(receipt)
    return fresh


def _closed(receipt: Receipt) -> ReceiptClosed:
    return ReceiptClosed(f"{receipt} is closed already.")


def still_missing(receipt: Receipt) -> dict[tuple[str, str], int]:
    """Lock a delivery, and return what was announced and is not here: name, SKU → units.

    Raises ReceiptClosed, ReceiptGone.
    """
    locked = Receipt.objects.open().filter(pk=receipt.pk).select_for_update(no_key=True).first()
    if locked is None:
        raise _closed(_standing(receipt))
    lines = locked.lines.select_related("product")
    return {(line.product.name or line.product.sku, line.product.sku): line.missing for line in lines if line.missing}


def reopen_receipt(receipt: Receipt) -> Receipt:
    """Expect the rest of a delivery after all. Raises ReceiptGone."""
    Receipt.objects.filter(pk=receipt.pk).update(closed_at=None)
    return _standing(receipt)


def _standing(receipt: Receipt) -> Receipt:
    """Return the delivery as it stands now."""
    if fresh := Receipt.objects.filter(pk=receipt.pk).first():
        return fresh
    raise ReceiptGone(f"What came of {receipt} was taken back, and there is no such delivery any more.")


def outcome(receipt: Receipt) -> str:
    """Say in a sentence how a closed delivery came: what of it was over, short or damaged."""
    lines = list(receipt.lines.select_related("product"))
    is_announced = any(line.expected for line in lines)
    said = [_outcome(line) for line in lines if line.damaged or (is_announced and line.difference)]
    if is_announced and not said:
        return f"{receipt} is closed: all is as announced."
    units = "" if is_announced else f": {sum(line.here for line in lines)} units came"
    return ". ".join([f"{receipt} is closed{units}", *[", ".join(said)] * bool(said)]) + "."


def _outcome(line: ReceiptLine) -> str:
    over = line.difference if line.expected else 0
    parts = (
        [f"{over} more"] * (over > 0)
        + [f"{-over} short"] * (over < 0)
        + [f"{line.damaged} damaged"] * bool(line.damaged)
    )
    if not line.expected:
        parts.insert(0, f"{line.here} that nobody announced")
    return f"{line.product.name or line.product.sku}: {' and '.join(parts)}"
