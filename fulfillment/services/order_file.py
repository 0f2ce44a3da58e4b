"""A file of orders: each is accepted, known already, or quarantined by name. In batches, one transaction each."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from django.db import transaction

from fulfillment.services.accept import accept_orders
from orders.intake.csv import CsvOrder, problems_at
from orders.intake.table import Problem, Table
from orders.models import Actor, Channel, Inbox, Order
from orders.services import AlreadyPlaced, InvalidOrder
from orders.services.quarantine import Outcome, Reject, Verdict, quarantine, settle

SOURCE = "csv"
BATCH_ORDERS = 50
BATCH_LINES = 1000


class OrderFile(NamedTuple):
    """Where the orders come from, and how they are to be taken."""

    name: str
    table: Table
    channel: str
    is_silent: bool = True


class Found(NamedTuple):
    """The orders that a batch has become, by external id: placed now, or known before."""

    placed: dict[str, Order]
    known: dict[str, Order]


def import_orders(
    orders: Sequence[CsvOrder], file: OrderFile, *, by: Actor, is_dry_run: bool = False
) -> Iterator[Outcome]:
    """Import batch by batch; yield what became of each order. A dry run does the same and takes it back."""
    for batch in _batches(orders):
        with transaction.atomic():
            outcomes = _import(batch, file, by)
            transaction.set_rollback(is_dry_run)
        yield from outcomes


def place_all(orders: Sequence[CsvOrder], channel: Channel, *, by: Actor, is_silent: bool) -> Found:
    """Accept the orders that can be; say of the others why not, in their problems. Settle what was quarantined."""
    wanted = {order.external_id: order for order in orders if order.draft}
    known = _known(wanted, channel)
    fresh = [order for external_id, order in wanted.items() if external_id not in known]
    placed = _accept(fresh, channel, by=by, is_silent=is_silent)
    if left := {order.external_id for order in fresh if not order.problems} - placed.keys():
        known |= _known(left, channel)  # somebody else was quicker
    for external_id, order in known.items():
        _compare(wanted[external_id], order)
    found = Found(placed, known)
    _settle(orders, found, channel)
    return found


def _batches(orders: Sequence[CsvOrder]) -> Iterator[list[CsvOrder]]:
    batch: list[CsvOrder] = []
    lines = 0
    for order in orders:
        if len(batch) == BATCH_ORDERS or (batch and lines + len(order.rows) > BATCH_LINES):
            yield batch
            batch, lines = [], 0
        batch.append(order)
        lines += len(order.rows)
    if batch:
        yield batch


def _import(batch: Sequence[CsvOrder], file: OrderFile, by: Actor) -> list[Outcome]:
    channel, _ = Channel.objects.get_or_create(name=file.channel)
    found = place_all(batch, channel, by=by, is_silent=file.is_silent)
    rejects = [_reject(order, file) if order.problems else None for order in batch]
    mended = quarantine([reject for reject in rejects if reject], source=SOURCE, channel=channel)
    return [_outcome(order, reject, found, mended) for order, reject in zip(batch, rejects, strict=True)]


def _outcome(order: CsvOrder, reject: Reject | None, found: Found, mended: set[str]) -> Outcome:
    if reject is not None:
        return reject.outcome(mended)
    return Outcome(order.external_id, Verdict.NEW if order.external_id in found.placed else Verdict.KNOWN)


def _known(external_ids: Iterable[str], channel: Channel) -> dict[str, Order]:
    orders = Order.objects.filter(channel=channel, external_id__in=list(external_ids)).order_by()
    return {order.external_id: order for order in orders}


def _accept(orders: Sequence[CsvOrder], channel: Channel, *, by: Actor, is_silent: bool) -> dict[str, Order]:
    if not orders:
        return {}
    drafts = [order.draft for order in orders if order.draft]
    try:
        accepted = accept_orders(drafts, channel=channel, by=by, is_silent=is_silent)
    except (AlreadyPlaced, InvalidOrder) as refusal:
        if len(orders) > 1:  # one of them is refused: then each by itself
            alone = [_accept([order], channel, by=by, is_silent=is_silent) for order in orders]
            return {external_id: order for each in alone for external_id, order in each.items()}
        if isinstance(refusal, InvalidOrder):
            orders[0].problems += problems_at(orders[0], refusal.errors)
        return {}
    return {order.external_id: order for order in accepted}


def _compare(order: CsvOrder, known: Order) -> None:
    if order.draft and order.draft.digest() != known.content_digest:
        reason = f"It is known as {known.number}, with other content."
        order.problems.append(Problem(order.rows[0].number, "order_id", order.external_id, reason))


def _settle(orders: Sequence[CsvOrder], found: Found, channel: Channel) -> None:
    """Mark as understood what was quarantined of these orders before, and stands whole in the file now.

    Of an order we knew, only what was broken by the file: other content still waits for a person.
    """
    whole = {each.external_id: order for each in orders if not each.problems and (order := _of(each, found))}
    if not whole:
        return
    waiting = Inbox.objects.quarantined().filter(source=SOURCE, channel=channel, external_id__in=[*whole, ""])
    for inbox_id, external_id, headers in waiting.values_list("pk", "external_id", "headers"):
        match = external_id or _begun_by(headers.get("fragment"), whole)
        if match and (match in found.placed or headers.get("is_broken")):
            settle([inbox_id], order=whole[match])


def _of(order: CsvOrder, found: Found) -> Order | None:
    return found.placed.get(order.external_id) or found.known.get(order.external_id)


def _begun_by(fragment: str | None, whole: Iterable[str]) -> str | None:
    if fragment is None:
        return None
    return next((external_id for external_id in whole if external_id.startswith(fragment)), None)


def _reject(order: CsvOrder, file: OrderFile) -> Reject:
    headers: dict[str, Any] = {"file": file.name, "is_silent": file.is_silent}
    if any(row.problems for row in order.rows):
        headers |= {"is_broken": True, "is_cut": any(row.is_cut for row in order.rows)}
    if order.fragment is not None:
        headers["fragment"] = order.fragment
    return Reject(order.external_id, file.table.text_of(order.rows), order.problems, headers)
