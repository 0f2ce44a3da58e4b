"""The line to a provider: one question, one answer, or the trouble in words. Never inside a transaction."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from django.conf import settings

from orders.signatures import SCHEMES
from tracking.carriers.asking import Request

TIMEOUT_SECONDS, ANSWER_SECONDS = 10, 15
"""How long it may say nothing, and how long it may take for the whole answer."""
MOST_BYTES = 5 * 1024 * 1024
FIRST_WAIT, LONGEST_WAIT, NO_KEY_WAIT = timedelta(minutes=1), timedelta(hours=1), timedelta(hours=1)
LONGEST_ASKED = timedelta(hours=24)


class Trouble(Exception):
    """There is no answer; `wait` is how long nobody should ask, if that is known."""

    def __init__(self, sentence: str, wait: timedelta | None = None) -> None:
        super().__init__(sentence)
        self.sentence, self.wait = sentence, wait


class NotKnown(Exception):
    """The provider has no parcel of the name that we asked by."""


def ask(provider: str, request: Request, *, now: datetime) -> Any:
    """Return the JSON of the answer. Raises Trouble, NotKnown."""
    name, begun = SCHEMES[provider].name, time.monotonic()
    try:
        with _client(provider) as client, _hanging_up(client), _stream(client, request) as response:
            _look_at(response, name, now, is_of_one=request.is_of_one)
            return _read(response, name)
    except httpx.TimeoutException:
        raise Trouble(f"{name} did not answer within {TIMEOUT_SECONDS} seconds.") from None
    except httpx.HTTPError:
        if time.monotonic() - begun < ANSWER_SECONDS:
            raise Trouble(f"{name} cannot be reached.") from None
        raise Trouble(f"{name} did not finish its answer within {ANSWER_SECONDS} seconds.") from None


def backoff(failures: int) -> timedelta:
    """Return how long to wait after so many failures in a row."""
    return min(FIRST_WAIT * (1 << min(failures - 1, 10)), LONGEST_WAIT)


def _client(provider: str) -> httpx.Client:
    return httpx.Client(
        base_url=settings.PROVIDER_URLS[provider], timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False
    )


@contextmanager
def _hanging_up(client: httpx.Client) -> Iterator[None]:
    """Hang up when the time is over, whatever trickles in: its own time-out begins anew with every byte."""
    is_over = threading.Event()
    threading.Thread(target=_hang_up, args=(client, is_over), daemon=True).start()
    try:
        yield
    finally:
        is_over.set()


def _hang_up(client: httpx.Client, is_over: threading.Event) -> None:
    if not is_over.wait(ANSWER_SECONDS):
        client.close()


def _stream(client: httpx.Client, request: Request) -> Any:
    more: dict[str, Any] = {} if request.body is None else {"json": request.body}
    auth = httpx.BasicAuth(*request.auth) if request.auth else None
    headers = {"Accept": "application/json", **request.headers}
    return client.stream(
        request.method, request.path, params=dict(request.query) or None, headers=headers, auth=auth, **more
    )


def _look_at(response: httpx.Response, name: str, now: datetime, *, is_of_one: bool) -> None:
    """Raise what its status says. Where no one parcel is named, "not found" is the address that we ask."""
    status = response.status_code
    if httpx.codes.is_success(status):
        return
    if status == httpx.codes.NOT_FOUND:
        raise NotKnown if is_of_one else Trouble(f"{name} knows no such address (it answers 404).", LONGEST_WAIT)
    if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        raise Trouble(f"{name} does not take our key: enter a new one.", NO_KEY_WAIT)
    asked = _retry_after(response.headers.get("Retry-After", ""), now)
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise Trouble(f"{name} asks us to wait.", asked)
    if httpx.codes.is_server_error(status):
        raise Trouble(f"{name} has trouble of its own (it answers {status}).", asked)
    raise Trouble(f"{name} refuses our question (it answers {status}).", LONGEST_WAIT)


def _read(response: httpx.Response, name: str) -> Any:
    found = bytearray()
    for chunk in response.iter_bytes():
        found += chunk
        if len(found) > MOST_BYTES:
            raise Trouble(f"{name} answers more than we can read.")
    try:
        return json.loads(found)
    except (ValueError, RecursionError):
        raise Trouble(f"{name} answers what is no JSON.") from None


def _retry_after(text: str, now: datetime) -> timedelta | None:
    """Read a number of seconds, or a date; at most a day."""
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_ASKED)
    try:
        then = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return min(max(then - now, timedelta(0)), LONGEST_ASKED)
