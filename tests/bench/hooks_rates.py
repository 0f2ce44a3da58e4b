"""Accepting webhooks beside a bare view, and understanding them in batches beside one by one; no house is needed."""

from collections.abc import Iterator, Mapping
from itertools import count, islice

from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone

from tests.bench import hooks_bare
from tests.bench.measure import Report, Work, rates, ratio
from tests.bench.sender import Delivery
from tracking.services import understand_inbox

ROUNDS, EACH = 7, 150
WANTED = (ROUNDS + 1) * EACH
"""Deliveries: a round more than is measured, to be warm."""
ACCEPTED_AT_LEAST, BATCHES_AT_LEAST = 0.5, 2

factory, handler, names = RequestFactory(SERVER_NAME="127.0.0.1"), WSGIHandler(), count(1)


def tell_rates(report: Report, deliveries: Iterator[Delivery]) -> None:
    """Accept all, each by our view, and as many by a bare one; then understand half in batches and half one by one.

    What the sender does, writing and signing, is done before.
    """
    ours, bare = list(map(_delivery, deliveries)), list(islice(_bare(), WANTED))
    accepted = rates({"ours": _accepting(iter(ours)), "bare": _accepting(iter(bare))}, rounds=ROUNDS)
    understood = rates({"in batches": _understanding(), "one by one": _understanding(1)}, rounds=ROUNDS)
    for done, found in {"accepted, ": accepted, "understood ": understood}.items():
        for name, values in found.items():
            report.show(done + name, values)
    report.judge("accepted ÷ bare view", ratio(accepted["ours"], accepted["bare"]), ACCEPTED_AT_LEAST)
    both = ratio(understood["in batches"], understood["one by one"])
    report.judge("understood in batches ÷ one by one", both, BATCHES_AT_LEAST)


def _accepting(requests: Iterator[HttpRequest]) -> Work:
    return lambda: sum(handler.get_response(each).status_code == 200 for each in islice(requests, EACH))


def _understanding(*batch: int) -> Work:
    def work() -> int:
        done = 0
        while done < EACH // 2:
            done += understand_inbox(*batch)
        return done

    return work


def _bare() -> Iterator[HttpRequest]:
    for n in names:
        stamp, body = str(int(timezone.now().timestamp())), b'{"events": [{"status": "in_transit"}]}' * 8
        headers = {"Webhook-Id": f"bare-{n}", "Webhook-Timestamp": stamp}
        yield _post(hooks_bare.PATH, body, headers | {"Webhook-Signature": hooks_bare.sign(f"bare-{n}", stamp, body)})


def _delivery(each: Delivery) -> HttpRequest:
    return _post(each.path, each.body, each.sign(each.body))


def _post(path: str, body: bytes, headers: Mapping[str, str]) -> HttpRequest:
    return factory.post(path, body, content_type="application/json", headers=dict(headers))
