"""What was quarantined is tried again, as it was or as somebody has mended it.

A part of a file is tried at once; what came by a hook goes back to those who understand hooks.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet

from fulfillment.models import Warehouse
from fulfillment.services import order_file, receipt_file, stock_file
from orders.intake.csv import COLUMNS, UNUSED, read_orders
from orders.intake.table import Problem, UnreadableFile, read_table
from orders.lifecycle import Refused
from orders.models import Actor, Inbox, Order
from orders.services import product_file
from orders.services.quarantine import claim, keep, requeue, settle


class NoReader(Refused):
    """Nothing here reads what comes from that source."""

    code = "no_reader"


def retry_inbox(
    inbox: Inbox, *, by: Actor, mended: bytes | None = None, among: QuerySet[Warehouse] | None = None
) -> Inbox:
    """Try again, with a new text if there is one; rows of stock and deliveries are of a warehouse `among` these then.

    What came from a file is PROCESSED then, or still QUARANTINED with its new problems; what came by a hook is
    RECEIVED, and read by the worker. Raises NotQuarantined where somebody else was quicker, NoReader.
    """
    with transaction.atomic():
        claimed = claim(inbox, mended, by=by)
        if claimed.endpoint_id:
            requeue(claimed)
        else:
            _retry_now(claimed, by, among)
    return Inbox.objects.get(pk=inbox.pk)


def _retry_now(claimed: Inbox, by: Actor, among: QuerySet[Warehouse] | None) -> None:
    try:
        order, problems = _retry(claimed, by, among)
    except UnreadableFile as refusal:
        order, problems = None, [Problem(1, "", "", refusal.sentence)]
    if problems:
        keep(claimed, problems)
    else:
        settle([claimed.pk], order=order)


def _retry(inbox: Inbox, by: Actor, among: QuerySet[Warehouse] | None) -> tuple[Order | None, Sequence[Problem]]:
    match inbox.source:
        case order_file.SOURCE:
            return _retry_order(inbox, by)
        case product_file.SOURCE:
            return None, product_file.retry_products(inbox)
        case stock_file.SOURCE:
            return None, stock_file.retry_stock(inbox, by=by, among=among)
        case receipt_file.SOURCE:
            return None, receipt_file.retry_receipts(inbox, among=among)
    raise NoReader("It came neither from a file nor by a hook: nobody here can read it.")


def _retry_order(inbox: Inbox, by: Actor) -> tuple[Order | None, Sequence[Problem]]:
    if inbox.headers.get("is_cut") and _lines(inbox.body) == _lines(bytes(inbox.raw)):
        return None, [Problem(**problem) for problem in inbox.problems]  # what is missing does not show in the text
    orders = read_orders(read_table(inbox.body, COLUMNS, unused=UNUSED, name="The text"))
    if len(orders) != 1 or inbox.channel is None:
        return None, [Problem(1, "order_id", "", f"The text has to hold one order, and holds {len(orders)}.")]
    found = order_file.place_all(orders, inbox.channel, by=by, is_silent=inbox.headers.get("is_silent", True))
    return next(iter((found.placed | found.known).values()), None), orders[0].problems


def _lines(text: bytes) -> list[bytes]:
    return text.strip().splitlines()  # a browser sends other line ends than the file had
