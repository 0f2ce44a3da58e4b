"""The endpoint at an address is read once a second: what is withdrawn is believed no longer, what is new at once."""

from typing import Any

import pytest

from orders import signatures
from orders.models import Endpoint, Inbox
from orders.services import close_endpoint, door, forget_old_secrets, rotate_secret
from tests.hooks import Carrier

pytestmark = pytest.mark.django_db
BODY = {"events": []}
NEW = "whsec_" + "bmV3" * 8


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(door, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def carrier(clock: list[float]) -> Carrier:
    """A carrier that has delivered before: its endpoint was read."""
    carrier = Carrier()
    assert carrier.send(BODY).status_code == 200
    return carrier


def elsewhere(**change: Any) -> None:
    """Change it as another process does, of which this one hears nothing."""
    Endpoint.objects.update(**change)


def test_within_a_second_a_delivery_reads_no_endpoint(
    carrier: Carrier, clock: list[float], django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(3):  # an insert between two ends of a savepoint
        carrier.send(BODY)
    clock[0] += 1
    with django_assert_num_queries(4):
        carrier.send(BODY)
    with django_assert_num_queries(3):
        carrier.send(BODY)


def test_what_another_process_withdrew_is_believed_for_a_second_and_no_longer(
    carrier: Carrier, clock: list[float]
) -> None:
    old = carrier.endpoint.secrets[0]
    elsewhere(secrets=[NEW])
    assert carrier.send(BODY, secret=old).status_code == 200
    clock[0] += 1
    assert (carrier.send(BODY, secret=old).status_code, Inbox.objects.count()) == (401, 2)
    elsewhere(is_active=False)
    clock[0] += 1
    assert (carrier.send(BODY, secret=NEW).status_code, Inbox.objects.count()) == (404, 2)


def test_a_secret_that_another_process_gave_is_believed_at_once(carrier: Carrier) -> None:
    elsewhere(secrets=[NEW])
    assert carrier.send(BODY, secret=NEW).status_code == 200
    assert Endpoint.objects.get().refused == 0


def test_a_new_secret_does_not_open_what_another_process_closed(carrier: Carrier) -> None:
    elsewhere(secrets=[NEW], is_active=False)
    assert (carrier.send(BODY, secret=NEW).status_code, Inbox.objects.count()) == (401, 1)


def test_what_is_forged_is_proved_once(carrier: Carrier, monkeypatch: pytest.MonkeyPatch) -> None:
    proved = []
    genuine = signatures.is_genuine
    monkeypatch.setattr(signatures, "is_genuine", lambda *given, **more: proved.append(1) or genuine(*given, **more))
    assert (carrier.send(BODY, secret=NEW).status_code, len(proved)) == (401, 1)


def test_what_this_process_withdrew_is_believed_no_longer(carrier: Carrier) -> None:
    old = carrier.endpoint.secrets[0]
    rotate_secret(carrier.endpoint, NEW)
    assert carrier.send(BODY, secret=old).status_code == 200
    forget_old_secrets(carrier.endpoint)
    assert carrier.send(BODY, secret=old).status_code == 401
    close_endpoint(carrier.endpoint)
    assert carrier.send(BODY, secret=NEW).status_code == 404
