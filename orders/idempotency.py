"""A POST with an `Idempotency-Key` happens once: the key is claimed in the transaction of its effect.

So a twin in flight waits for the first and gets its very bytes; a refusal rolls the claim back with everything else.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse

from orders.lifecycle import Refused
from orders.models import ApiKey, IdempotencyKey
from orders.models.secret_box import seal, unseal

MAX_KEY = 255
WAIT_SECONDS = 5
LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's name for a lock_timeout that ran out

View = TypeVar("View", bound=Callable[..., HttpResponse])


class KeyInvalid(Refused):
    """The key is empty, too long, or not printable ASCII."""

    code = "idempotency_key_invalid"

    def __init__(self) -> None:
        sentence = f"An Idempotency-Key has 1 to {MAX_KEY} printable ASCII characters."
        super().__init__(sentence)
        self.errors = [{"path": "Idempotency-Key", "code": self.code, "message": sentence}]


class KeyReused(Refused):
    """The key came with another request before."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        sentence = "This Idempotency-Key was used for another request: take a new one."
        super().__init__(sentence)
        self.errors = [{"path": "Idempotency-Key", "code": self.code, "message": sentence}]


class KeyInFlight(Refused):
    """A request with this key is still being worked on."""

    code = "idempotency_key_in_flight"


class KeyForgotten(Refused):
    """SECRET_KEY was changed since the first answer, which is kept encrypted: it holds the customer's link."""

    code = "idempotency_key_forgotten"


def once(view: View) -> View:
    """Make a view that changes something obey `Idempotency-Key`; without the header it is as it was."""

    @wraps(view)
    def wrapper(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return view(request, *args, **kwargs)
        with transaction.atomic():
            claim = _claim(request.auth, key, fingerprint(request))
            if claim.body is not None:
                return _again(claim)
            response = view(request, *args, **kwargs)
            _keep(claim, response)
        return response

    return wrapper  # type: ignore[return-value]  # functools.wraps keeps the signature


def fingerprint(request: HttpRequest) -> str:
    """Return the SHA-256 of method, path and body."""
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(head + request.body).hexdigest()


def _claim(api_key: ApiKey, key: str, wanted: str) -> IdempotencyKey:
    """Claim the key, or find who had it first: then the row has a body. Raises KeyInvalid, KeyReused, KeyInFlight."""
    if not 1 <= len(key) <= MAX_KEY or not (key.isascii() and key.isprintable()):
        raise KeyInvalid
    with _patience():
        IdempotencyKey.objects.bulk_create(
            [IdempotencyKey(api_key=api_key, key=key, fingerprint=wanted)], ignore_conflicts=True
        )
    claim = IdempotencyKey.objects.get(api_key=api_key, key=key)
    if claim.fingerprint != wanted:
        raise KeyReused
    return claim


@contextmanager
def _patience() -> Iterator[None]:
    """Wait for a twin as long as a client can be expected to. On SQLite the queue of writers has done so already."""
    if connection.vendor != "postgresql":
        yield
        return
    before = _set_lock_timeout(f"{WAIT_SECONDS}s")
    try:
        yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        raise KeyInFlight("A request with this Idempotency-Key is still being worked on: ask again.") from error
    _set_lock_timeout(before)


def _set_lock_timeout(value: str) -> str:
    """Set how long this transaction waits for a lock; return what it was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout'), set_config('lock_timeout', %s, true)", [value])
        before: str = cursor.fetchone()[0]
    return before


def _keep(claim: IdempotencyKey, response: HttpResponse) -> None:
    IdempotencyKey.objects.filter(pk=claim.pk).update(status_code=response.status_code, body=seal(response.content))


def _again(claim: IdempotencyKey) -> HttpResponse:
    body = unseal(bytes(claim.body or b""))
    if body is None:
        raise KeyForgotten("The first answer can no longer be read: look up what you sent.")
    response = HttpResponse(body, status=claim.status_code, content_type="application/json")
    response["Idempotent-Replayed"] = "true"
    return response
