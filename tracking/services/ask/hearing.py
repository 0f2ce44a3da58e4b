"""What we hear of a provider, counted by the hour: deliveries, answers, and answers that were news."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from orders.models import Inbox
from tracking.models import Heard, Snapshot

_Key = tuple[int, datetime, str]


def count_heard(rows: Iterable[Inbox]) -> None:
    """Count deliveries and answers that were understood, in the transaction that marks them."""
    counts: Counter[_Key] = Counter()
    for row in rows:
        if row.endpoint_id is not None:
            counts[row.endpoint_id, _hour(row.received_at), "answers" if row.is_asked else "deliveries"] += 1
    _add(counts)


def count_news(snapshots: Iterable[Snapshot], *, now: datetime) -> None:
    """Count what changed a parcel and came because we asked, each parcel once, in the transaction of the fold."""
    given = [each for each in snapshots if each.endpoint_id is not None]
    told = {each.tracking_key for each in given if not each.is_asked}
    found = {(each.endpoint_id, each.tracking_key) for each in given if each.is_asked and each.tracking_key not in told}
    _add(Counter((endpoint, _hour(now), "news") for endpoint, _ in found if endpoint))


def _add(counts: Counter[_Key]) -> None:
    for (endpoint, hour, column), times in sorted(counts.items()):  # in one order for all
        if times and not _more(endpoint, hour, column, times):
            _begin(endpoint, hour, column, times)


def _more(endpoint: int, hour: datetime, column: str, times: int) -> int:
    return Heard.objects.filter(endpoint=endpoint, hour_at=hour).update(**{column: F(column) + times})


def _begin(endpoint: int, hour: datetime, column: str, times: int) -> None:
    try:
        with transaction.atomic():
            Heard.objects.create(endpoint_id=endpoint, hour_at=hour, **{column: times})
    except IntegrityError:  # another worker was quicker
        _more(endpoint, hour, column, times)


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
