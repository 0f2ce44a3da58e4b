"""The inbound hook: who is answered what, and what is kept of it."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders import outbox
from orders.models import Endpoint, Inbox
from orders.services import forget_old_secrets, receive
from tests.hooks import Carrier, event
from tests.senders import Sender

BODY = json.dumps(event("JD1")).encode()


@pytest.fixture
def carrier(db: None) -> Carrier:
    return Carrier()


def test_a_genuine_delivery_is_kept_raw_and_answered_200(carrier: Carrier) -> None:
    answer = carrier.send(BODY, id="msg_1", headers={"Authorization": "Bearer secret", "Cookie": "a=b"})
    assert (answer.status_code, answer.json()) == (200, {"status": "received"})
    row = Inbox.objects.get()
    assert (bytes(row.raw), row.dedupe_key, row.status, row.source) == (BODY, "msg_1", "RECEIVED", "generic")
    assert (row.endpoint, sorted(row.headers)) == (
        carrier.endpoint,
        ["content-type", "webhook-id", "webhook-timestamp"],
    )
    assert Endpoint.objects.get().last_received_at is not None


def test_a_redelivery_is_answered_200_and_changes_nothing(carrier: Carrier) -> None:
    headers = carrier.headers(BODY)
    answers = [carrier.post(BODY, headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert Inbox.objects.count() == 1


def test_two_endpoints_may_use_the_same_id(carrier: Carrier) -> None:
    other = Carrier()
    assert [each.send(BODY, id="msg_1").status_code for each in (carrier, other)] == [200, 200]
    assert Inbox.objects.count() == 2


@pytest.mark.parametrize("change", ["body", "secret", "old", "unsigned", "nothing"])
def test_what_is_not_genuine_is_401_and_only_counted(carrier: Carrier, change: str) -> None:
    stranger = Carrier().endpoint.secrets[0]
    headers, body = carrier.headers(BODY), BODY
    match change:
        case "body":
            body = BODY.replace(b"IN_TRANSIT", b"DELIVERED!")
        case "secret":
            headers = carrier.headers(BODY, secret=stranger)
        case "old":
            headers = carrier.headers(BODY, at=timezone.now() - timedelta(minutes=6))
        case "unsigned":
            del headers["Webhook-Signature"]
        case "nothing":
            headers = {}
    answer = carrier.post(body, headers)
    assert answer.status_code == 401
    assert Inbox.objects.count() == 0
    assert Endpoint.objects.get(pk=carrier.endpoint.pk).refused == 1


def test_a_flood_of_strangers_costs_few_writes(carrier: Carrier) -> None:
    receive._window[:] = [time.monotonic() + 3600, 0]  # one long second
    with CaptureQueriesContext(connection) as told:
        for _ in range(60):
            assert carrier.post(BODY, {}).status_code == 401
    kinds = Counter(query["sql"].split()[0] for query in told)
    assert (kinds["UPDATE"], kinds.total() - kinds["SELECT"]) == (receive.COUNTS_A_SECOND, receive.COUNTS_A_SECOND)
    receive._window[:] = [0.0, 0]
    carrier.post(BODY, {})
    assert Endpoint.objects.get().refused == 61


def test_the_previous_secret_is_accepted_until_it_is_removed(carrier: Carrier) -> None:
    old, endpoint = carrier.endpoint.secrets[0], carrier.endpoint
    endpoint.secrets = ["whsec_" + base64.b64encode(b"n" * 32).decode(), old]
    endpoint.save()
    assert carrier.send(BODY, secret=old).status_code == 200
    forget_old_secrets(endpoint)
    assert carrier.send(BODY, secret=old).status_code == 401
    assert Inbox.objects.count() == 1


@pytest.mark.parametrize("method", ["get", "put", "delete", "head", "options"])
def test_anything_but_post_is_405(carrier: Carrier, method: str) -> None:
    answer = getattr(Client(), method)(carrier.endpoint.path)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


@pytest.mark.parametrize("path", ["/hooks/generic/nobody/", "/hooks/shopify/{}/", "/hooks/generic/{}x/"])
def test_an_unknown_endpoint_is_404(carrier: Carrier, path: str) -> None:
    answer = Client().post(path.format(carrier.endpoint.public_id), BODY, content_type="application/json")
    assert answer.status_code == 404
    assert Endpoint.objects.get().refused == 0


def test_a_closed_endpoint_is_404(carrier: Carrier) -> None:
    Endpoint.objects.update(is_active=False)
    assert carrier.send(BODY).status_code == 404
    assert Inbox.objects.count() == 0


def test_without_the_last_slash_it_is_no_redirect(carrier: Carrier) -> None:
    path = carrier.endpoint.path.rstrip("/")
    answer = Client().post(path, BODY, content_type="application/json", headers=carrier.headers(BODY))
    assert answer.status_code == 200


def test_six_mebibytes_are_413_and_five_are_not(carrier: Carrier) -> None:
    assert carrier.send(b" " * 6 * 2**20).status_code == 413
    assert Inbox.objects.count() == 0
    assert carrier.send(BODY + b" " * (5 * 2**20 - len(BODY))).status_code == 200


def test_a_chunked_body_is_411_as_it_would_look_empty(carrier: Carrier) -> None:
    answer = carrier.post(BODY, carrier.headers(BODY) | {"Transfer-Encoding": "chunked"})
    assert (answer.status_code, Inbox.objects.count()) == (411, 0)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"x"', b"{}", b"\x00", b"{", b"a=b&c=d"])
def test_whatever_is_genuine_is_200_understood_or_not(carrier: Carrier, body: bytes) -> None:
    assert carrier.send(body).status_code == 200
    assert bytes(Inbox.objects.get().raw) == body


@pytest.mark.parametrize("charset", ["ISO-8859-1", "utf-16", "idna", "unicode_escape", "klingon"])
@pytest.mark.parametrize("provider", ["aftership", "karrio"])
def test_what_a_genuine_body_calls_its_letters_does_not_matter(db: None, provider: str, charset: str) -> None:
    sender = Sender(provider)  # Karrio's token stands in the query of the address
    headers = sender.headers(BODY)
    kind = f"application/json; charset={charset}"
    answer = Client().generic("POST", sender.endpoint.secret_path, BODY, kind, headers=headers)
    assert (answer.status_code, bytes(Inbox.objects.get().raw)) == (200, BODY)
    assert Client().generic("POST", sender.endpoint.path + "?token=another", BODY, kind).status_code == 401
    assert Inbox.objects.count() == 1


def test_bytes_that_are_no_text_are_kept_as_they_are(carrier: Carrier) -> None:
    raw, stamp = b'{"code": "\xff\xfe"}', str(int(time.time()))
    key = base64.b64decode(carrier.endpoint.secrets[0].removeprefix("whsec_"))
    mac = hmac.new(key, b"m." + stamp.encode() + b"." + raw, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(mac).decode()
    headers = {"Webhook-Id": "m", "Webhook-Timestamp": stamp, "Webhook-Signature": signature}
    assert carrier.post(raw, headers).status_code == 200
    assert bytes(Inbox.objects.get().raw) == raw


def test_a_form_is_not_parsed_before_the_signature_is_checked(carrier: Carrier) -> None:
    body = b"code=DELIVERED"
    headers = carrier.headers(body)
    form = "application/x-www-form-urlencoded"
    answer = Client().post(carrier.endpoint.path, body, content_type=form, headers=headers)
    assert (answer.status_code, bytes(Inbox.objects.get().raw)) == (200, body)


@pytest.mark.django_db(transaction=True)
def test_two_deliveries_at_the_same_moment_make_one_row() -> None:
    carrier = Carrier()
    headers, start, codes = carrier.headers(BODY), threading.Barrier(8), []

    def deliver() -> None:
        start.wait()
        codes.append(carrier.post(BODY, headers).status_code)
        connection.close()

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (codes, Inbox.objects.count()) == ([200] * 8, 1)


@pytest.mark.django_db(transaction=True)
def test_a_delivery_is_answered_at_once_while_redis_is_down(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from celery import current_app

    monkeypatch.setattr(outbox, "_rope", threading.local())
    monkeypatch.setattr(outbox, "_quiet_until", 0.0)
    monkeypatch.setattr(current_app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
    carrier = Carrier()
    began = time.monotonic()
    assert carrier.send(BODY).status_code == 200
    assert time.monotonic() - began < 0.5
    assert outbox._quiet_until > time.monotonic()
    assert Inbox.objects.count() == 1


@pytest.mark.django_db
def test_the_command_opens_a_hook_and_prints_its_path_and_secret(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_endpoint", "generic", "--channel", "web")
    path, secret = capsys.readouterr().out.split()
    endpoint = Endpoint.objects.get()
    assert (path, [secret], endpoint.mode) == (endpoint.path, endpoint.secrets, "LIVE")
    assert endpoint.channel is not None
    assert (endpoint.channel.name, len(base64.b64decode(secret.removeprefix("whsec_")))) == ("web", 32)


@pytest.mark.django_db
def test_the_command_takes_secrets_of_ones_own() -> None:
    given = ["whsec_" + base64.b64encode(bytes([n]) * 24).decode() for n in (1, 2)]
    call_command(
        "create_endpoint",
        "generic",
        "--test",
        "--channel",
        "web",
        "--secret",
        given[0],
        "--secret",
        given[1],
        stdout=_Sink(),
    )
    assert (Endpoint.objects.get().secrets, Endpoint.objects.get().mode) == (given, "TEST")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["dhl"], "There is no provider dhl"),
        (["generic", "--secret", "hunter2", "--channel", "new"], "at least 24 bytes"),
        (["generic", "--test"], "reaches the orders of one channel only"),
        (["shopify"], "choose the channel of that shop"),
        (["generic", "--channel", "the shop"], "the shop is no name for a channel"),
        (["generic", "--channel", "x" * 65], "is no name for a channel"),
    ],
)
def test_the_command_refuses_with_a_sentence_and_does_nothing(arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("create_endpoint", *arguments)
    assert Endpoint.objects.count() == 0
    assert not Endpoint.channel.field.related_model.objects.exists()


def test_an_endpoint_is_live_or_for_tests_and_nothing_else(carrier: Carrier) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Endpoint.objects.update(mode="DRAFT")
    assert Endpoint.objects.get().mode == "LIVE"


class _Sink:
    def write(self, _text: str) -> None: ...
