"""Receiving from the floor: counted on its delivery and booked, once for one act."""

from fulfillment import ledger
from fulfillment.ledger.stock import Arrival
from fulfillment.models import Bin, Receipt, ReceiptLine, Scan
from fulfillment.services.receipts import close_receipt, count_in, open_receipt, outcome, still_missing
from fulfillment.services.scanned import Act, Result, Verdict, incomplete, keep, once
from orders import outbox
from orders.models import Product


def scan_to_receive(
    product: Product, quantity: int, into: Bin, act: Act, reference: str, *, is_begun: bool = False
) -> Scan:
    """Book units of a delivery into a bin: the dock, where they are good. Repeated, it answers as before.

    `is_begun`: the person said that it is a delivery, though nobody announced it. Raises ReceiptClosed, NotAnnounced,
    TooMuchStock.
    """

    def receive() -> Scan:
        return _receive(open_receipt(into.warehouse, reference, is_begun=is_begun), product, quantity, into, act)

    return once(act, Scan.Step.RECEIVE, receive)[0]


def _receive(receipt: Receipt, product: Product, quantity: int, into: Bin, act: Act) -> Scan:
    count_in(receipt, [(product, quantity, into.kind)])
    arrival = Arrival(product, quantity, into)
    ledger.receive(into.warehouse, [arrival], operation=str(act.operation), by=act.by, cause=receipt.reference)
    outbox.ring("allocate")
    said = f"{quantity} × {product.name or product.sku} into {into}.{_standing(receipt, product)}"
    return keep(act, Verdict(Result.RIGHT, said, quantity, bin=into), Scan.Step.RECEIVE)


def scan_to_close(receipt: Receipt, act: Act, without: int | None = None) -> Scan:
    """Close a delivery, and say what of it was over, short or damaged. Raises ReceiptClosed, ReceiptGone.

    `without`: so many units the person knows to be missing. Are others, it is not closed and they are named.
    """
    return once(act, Scan.Step.RECEIVE, lambda: _close(receipt, act, without))[0]


def _close(receipt: Receipt, act: Act, without: int | None) -> Scan:
    missing = still_missing(receipt) if without is not None else {}
    if sum(missing.values()) != (without or 0):
        return keep(act, incomplete(missing), Scan.Step.RECEIVE)
    said = outcome(close_receipt(receipt))
    return keep(act, Verdict(Result.RIGHT, said[:500]), Scan.Step.RECEIVE)


def _standing(receipt: Receipt, product: Product) -> str:
    """Say how the delivery stands with this article, if it was announced."""
    lines = ReceiptLine.objects.filter(receipt=receipt)
    line = lines.get(product=product)
    if line.difference > 0 and line.expected:
        return f" {line.difference} more than announced."
    if line.expected:
        return f" {line.expected + line.difference} of {line.expected} are here."
    return " It was not announced." if lines.filter(expected__gt=0).exists() else ""
