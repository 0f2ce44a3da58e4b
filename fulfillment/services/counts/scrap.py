"""What a count does not find of what came back: its return waits for it no more, it is scrapped."""

from uuid import uuid4

from fulfillment.models import Count, CountLine, Return, ReturnLine
from fulfillment.services.returns.desk import Outcome, grade
from fulfillment.services.returns.sheet import read_desk
from fulfillment.services.returns.waiting import waiting_in
from orders.lifecycle import change
from orders.models import Actor


def scrap_what_lacks(count: Count, line: CountLine, left: int, *, by: Actor) -> None:
    """Scrap what returns wait for beyond the units that are left in the bin: what came last before the count first."""
    waiting = sorted(waiting_in(line.bin, line.product_id), key=lambda each: _came_after(line, each))
    lacking = sum(each.undecided for each in waiting) - max(0, left)
    for each in waiting:
        if lacking > 0:
            lacking -= _scrap(count, each, lacking, by)


def _came_after(line: CountLine, waiting: ReturnLine) -> bool:
    received = waiting.return_of.received_at
    return received is not None and received > line.opened_at


def _scrap(count: Count, waiting: ReturnLine, lacking: int, by: Actor) -> int:
    """Scrap units of one line; return how many. Who booked the count already wants none."""
    with change(count, by=by) as standing, change(waiting.return_of, by=by) as back:
        if standing.status != Count.Status.APPROVED or back.status != Return.Status.RECEIVED:
            return 0
        line = read_desk(back.order, back).found(waiting.pk)
        if units := min(lacking, line.undecided):
            grade(line, Outcome.SCRAP, units, by=by, operation=str(uuid4()), cause=f"count {count.pk}")
    return units
