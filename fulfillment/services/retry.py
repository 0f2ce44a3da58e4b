"""What was quarantined is tried again, as it was or as somebody has mended it."""

from collections.abc import Sequence

from django.db import transaction

from fulfillment.services import order_file, stock_file
from orders.intake.csv import COLUMNS, UNUSED, read_orders
from orders.intake.table import Problem, UnreadableFile, read_table
from orders.lifecycle import Refused
from orders.models import Actor, Inbox, Order
from orders.services import product_file
from orders.services.quarantine import claim, keep, settle


class NotFromAFile(Refused):
    """It did not come from a file: it is tried again where it came in."""

    code = "not_from_a_file"


def retry_inbox(inbox: Inbox, *, by: Actor, mended: bytes | None = None) -> Inbox:
    """Try again, with a new text if there is one. It is PROCESSED then, or still QUARANTINED with its new problems.

    Raises NotQuarantined where somebody else was quicker, NotFromAFile.
    """
    with transaction.atomic():
        claimed = claim(inbox, mended, by=by)
        try:
            order, problems = _retry(claimed, by)
        except UnreadableFile as refusal:
            order, problems = None, [Problem(1, "", "", refusal.sentence)]
        if problems:
            keep(claimed, problems)
        else:
            settle([claimed.pk], order=order)
    return Inbox.objects.get(pk=inbox.pk)


def _retry(inbox: Inbox, by: Actor) -> tuple[Order | None, Sequence[Problem]]:
    match inbox.source:
        case order_file.SOURCE:
            return _retry_order(inbox, by)
        case product_file.SOURCE:
            return None, product_file.retry_products(inbox)
        case stock_file.SOURCE:
            return None, stock_file.retry_stock(inbox, by=by)
    raise NotFromAFile("This did not come from a file, so there is no text to mend.")


def _retry_order(inbox: Inbox, by: Actor) -> tuple[Order | None, Sequence[Problem]]:
    if inbox.headers.get("is_cut") and inbox.body == bytes(inbox.raw):
        return None, [Problem(**problem) for problem in inbox.problems]  # what is missing does not show in the text
    orders = read_orders(read_table(inbox.body, COLUMNS, unused=UNUSED, name="The text"))
    if len(orders) != 1 or inbox.channel is None:
        return None, [Problem(1, "order_id", "", f"The text has to hold one order, and holds {len(orders)}.")]
    found = order_file.place_all(orders, inbox.channel, by=by, is_silent=inbox.headers.get("is_silent", True))
    return next(iter((found.placed | found.known).values()), None), orders[0].problems
