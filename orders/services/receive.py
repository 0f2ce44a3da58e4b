"""Taking in what an endpoint was sent: proved genuine, kept raw, answered. Understanding comes later."""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from orders import outbox, signatures
from orders.models import Endpoint, Inbox

SEEN_EVERY = timedelta(minutes=1)
COUNTS_A_SECOND = 20

logger = logging.getLogger(__name__)


def receive_delivery(
    endpoint: Endpoint, headers: Mapping[str, str], body: bytes, *, token: str = "", now: datetime | None = None
) -> Inbox | None:
    """Keep a genuine delivery, once however often it is sent. Return None where it is not genuine."""
    now = now or timezone.now()
    proof = partial(signatures.is_genuine, endpoint.provider, headers=headers, body=body, now=now, token=token)
    if not proof(_trust(endpoint)) and not _is_genuine_by_now(endpoint, proof):
        _count_refused(endpoint)
        return None
    delivery = Inbox(
        source=endpoint.provider,
        endpoint=endpoint,
        channel_id=endpoint.channel_id,
        dedupe_key=signatures.dedupe_key(endpoint.provider, headers, body),
        raw=body,
        headers=signatures.kept_headers(endpoint.provider, headers),
        received_at=now,
    )
    return _keep(delivery, endpoint, now)


def _trust(endpoint: Endpoint) -> signatures.Trust:
    return signatures.Trust(endpoint.secrets, endpoint.tokens, endpoint.path, endpoint.accept_v2)


def _is_genuine_by_now(endpoint: Endpoint, proof: Callable[[signatures.Trust], bool]) -> bool:
    """Prove it once more where the endpoint was changed since it was read."""
    fresh = Endpoint.objects.filter(pk=endpoint.pk, is_active=True).first()
    return fresh is not None and _trust(fresh) != _trust(endpoint) and proof(_trust(fresh))


def keep_answer(endpoint: Endpoint, body: bytes, *, name: str, now: datetime) -> Inbox:
    """Keep what the endpoint's provider answered when we asked; the same answer, which has the same name, once."""
    answer = Inbox(
        source=endpoint.provider,
        endpoint=endpoint,
        channel_id=endpoint.channel_id,
        dedupe_key=f"asked:{name}",
        raw=body,
        is_asked=True,
        received_at=now,
    )
    return _keep(answer, endpoint, now)


def _keep(delivery: Inbox, endpoint: Endpoint, now: datetime) -> Inbox:
    """Insert it and ring; a redelivery finds the row of the first and does no more."""
    try:
        with _alone():
            delivery.save(force_insert=True)
    except IntegrityError:
        return Inbox.objects.get(endpoint=endpoint, dedupe_key=delivery.dedupe_key)
    is_first = endpoint.last_received_at is None or endpoint.last_received_at < now - SEEN_EVERY
    if is_first and not delivery.is_asked:
        Endpoint.objects.filter(pk=endpoint.pk).update(last_received_at=now)
        endpoint.last_received_at = now
    outbox.ring("understand")
    return delivery


def _alone() -> AbstractContextManager[object]:
    """One insert is a transaction by itself, two round trips shorter; inside of another it needs a savepoint."""
    return transaction.atomic() if transaction.get_connection().in_atomic_block else nullcontext()


_refused: dict[int, int] = {}
_window = [0.0, 0.0]  # when it began, and how often it was written in it


def _count_refused(endpoint: Endpoint) -> None:
    """Count it on the endpoint; in a flood the counts gather here, as each is a write that a stranger asked for."""
    _refused[endpoint.pk] = _refused.get(endpoint.pk, 0) + 1
    if time.monotonic() - _window[0] >= 1:
        _window[:] = [time.monotonic(), 0]
    _window[1] += 1
    if _window[1] <= COUNTS_A_SECOND:
        Endpoint.objects.filter(pk=endpoint.pk).update(refused=F("refused") + _refused.pop(endpoint.pk, 0))
        logger.warning("a delivery to endpoint %s was not genuine", endpoint.public_id)
