"""Whether a count is believed: by itself where it differs little, else by somebody else than who counted."""

from collections.abc import Sequence

from django.utils import timezone

from fulfillment.models import Count, CountLine
from fulfillment.services.counts.book import apply_count
from orders.lifecycle import NotAllowed, Refused, change, why_not
from orders.models import Actor

SYSTEM = Actor.system("count")


class YourOwnCount(Refused):
    """Nobody approves what they counted."""

    code = "your_own_count"


def judge_count(count: Count) -> Count:
    """Approve and book a count that differs by no more than the warehouse tolerates; leave any other to a person."""
    with change(count, by=SYSTEM) as fresh:
        if fresh.status == Count.Status.COUNTED:
            judge(fresh, list(fresh.lines.all()))
    return apply_count(fresh) if fresh.status == Count.Status.APPROVED else fresh


def judge(count: Count, lines: Sequence[CountLine]) -> None:
    """Approve a count, open in change(), that differs little; where nothing differs, nothing is left to be booked."""
    if all(abs(line.difference) <= count.warehouse.count_tolerance for line in lines):
        count.approve(str(SYSTEM), timezone.now())
        if not any(line.difference for line in lines):
            count.apply(timezone.now())


def approve_count(count: Count, *, by: Actor) -> Count:
    """Believe a count, and book it. Raises NotAllowed, YourOwnCount."""
    with change(count, by=by) as fresh:
        if fresh.status == Count.Status.COUNTED and _has_counted(fresh, by):
            raise YourOwnCount("You counted some of this yourself: somebody else has to approve it.")
        fresh.approve(str(by), timezone.now())
    return apply_count(fresh)


def _has_counted(count: Count, by: Actor) -> bool:
    return count.counted_by == str(by) or count.lines.filter(by=str(by)).exists()


def count_again(count: Count, *, by: Actor) -> Count:
    """Have the positions that differ counted once more. Raises NotAllowed."""
    with change(count, by=by) as fresh:
        if fresh.status != Count.Status.COUNTED and (blockers := why_not(fresh, "recount")):
            raise NotAllowed(blockers)
        fresh.recount()
        fresh.lines.update(first=None)
    return fresh


def cancel_count(count: Count, *, by: Actor) -> Count:
    """Give a count up: nothing is booked. Raises NotAllowed."""
    with change(count, by=by) as fresh:
        fresh.cancel()
    return fresh
