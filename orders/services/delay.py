"""A promise that passed is recorded once, as an event; whoever has to hear of it hears by that."""

from datetime import date

from django.utils import timezone

from orders.lifecycle import change, record
from orders.models import Actor, Order

PROMISES = ("ship_by", "deliver_by")
BATCH = 500


def record_delays(*, today: date | None = None) -> int:
    """Record `order.delayed` for every promise that has passed and was not recorded yet; return how many."""
    today = today or timezone.localdate()
    return sum(
        _record(order, promise, today)
        for promise in PROMISES
        for order in Order.objects.with_missed(promise, today).order_by(promise)[:BATCH]
    )


def _record(order: Order, promise: str, today: date) -> bool:
    with change(order, by=Actor.system("calendar")) as fresh:
        if not Order.objects.with_missed(promise, today).filter(pk=fresh.pk).exists():
            return False  # somebody was quicker
        missed = getattr(fresh, promise)
        setattr(fresh, f"missed_{promise}", missed)
        facts = {"missed": promise, "date": missed.isoformat(), "promise": fresh.deliver_by.isoformat()}
        record(fresh, "order.delayed", by=Actor.system("calendar"), facts=facts)
    return True
