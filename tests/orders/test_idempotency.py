"""`Idempotency-Key`: a POST happens once, and its retry gets the same bytes."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections, transaction

from orders import idempotency
from orders.models import IdempotencyKey, Order
from tests.api import Api, order, problem_of, row_counts
from tests.factories import Shop


def test_a_replay_answers_the_same_bytes_and_changes_nothing(shop: Shop, api: Api) -> None:
    shop.receive(shop.mug, 5)
    body = order()
    first = api.post("/orders", body, Idempotency_Key="k-1")
    assert (first.status_code, "Idempotent-Replayed" in first) == (201, False)
    api.post(f"/orders/{first.json()['number']}/cancel", {"reason": "twice"})  # the answer is the first, not today's
    before = row_counts()
    again = api.post("/orders", body, Idempotency_Key="k-1")
    assert (again.status_code, again.content, again["Content-Type"]) == (201, first.content, first["Content-Type"])
    assert (again["Idempotent-Replayed"], row_counts()) == ("true", before)


def test_every_post_that_changes_something_obeys_the_key(shop: Shop, api: Api) -> None:
    shop.receive(shop.mug, 9)
    number = api.place(("MUG-01", 3))["number"]
    calls: list[tuple[str, Any]] = [
        ("/products", [{"sku": "NEW-01", "name": "New"}]),
        ("/stock/receipts", {"warehouse": "MAIN", "reference": "R", "lines": [{"sku": "MUG-01", "quantity": 1}]}),
        ("/stock/adjustments", {"warehouse": "MAIN", "sku": "MUG-01", "delta": 2, "reason": "found"}),
        (f"/orders/{number}/hold", {"reason": "FRAUD"}),
        (f"/orders/{number}/release", {}),
        (f"/orders/{number}/cancel", {"reason": "less", "lines": [{"line": 1, "quantity": 1}]}),
        (f"/shipments/{number}-1/pick", {}),
        (f"/shipments/{number}-1/pack", {}),
        (f"/shipments/{number}-1/ship", {}),
    ]
    for path, body in calls:
        first = api.post(path, body, Idempotency_Key=path)
        assert (first.status_code, first.headers.get("Idempotent-Replayed")) == (200, None), first.content
        before = row_counts()
        again = api.post(path, body, Idempotency_Key=path)
        assert (again.content, again["Idempotent-Replayed"], row_counts()) == (first.content, "true", before)


def test_the_same_key_with_another_request_is_422_and_changes_nothing(api: Api) -> None:
    body = order()
    number = api.post("/orders", body, Idempotency_Key="k").json()["number"]
    before = row_counts()
    for path, other in (
        ("/orders", body | {"external_id": "another"}),
        ("/orders?x=1", body),
        (f"/orders/{number}/cancel", {"reason": "x"}),
    ):
        answer = api.post(path, other, Idempotency_Key="k")
        assert problem_of(answer) == (422, "idempotency_key_reused", ["Idempotency-Key"])
    assert row_counts() == before


def test_the_key_belongs_to_the_api_key(api: Api) -> None:
    other = Api(api.channel.name)
    answers = [each.post("/orders", order(), Idempotency_Key="k") for each in (api, other)]
    assert [each.status_code for each in answers] == [201, 201]
    assert Order.objects.count() == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "naïve", "tab\t"])
def test_a_key_that_is_none_is_422(api: Api, key: str) -> None:
    before = row_counts()
    answer = api.post("/orders", order(), Idempotency_Key=key)
    assert problem_of(answer) == (422, "idempotency_key_invalid", ["Idempotency-Key"])
    assert row_counts() == before
    assert api.post("/orders", order(), Idempotency_Key="x" * 255).status_code == 201


def test_refusals_and_errors_are_not_kept_so_the_same_key_may_try_again(shop: Shop, api: Api) -> None:
    number = api.place()["number"]
    before = row_counts()
    for path, body, status in (
        ("/orders", {}, 422),
        ("/orders", order(("NONE-1", 1)), 422),
        (f"/shipments/{number}-1/pick", {}, 409),
        ("/orders/OT-7K3F9Q2M/cancel", {"reason": "x"}, 404),
    ):
        assert api.post(path, body, Idempotency_Key="k").status_code == status
    assert row_counts() == before
    assert api.post("/orders", order(), Idempotency_Key="k").status_code == 201


def test_another_key_with_the_same_external_id_answers_409_with_the_number(api: Api) -> None:
    body = order()
    number = api.post("/orders", body, Idempotency_Key="k-1").json()["number"]
    before = row_counts()
    answer = api.post("/orders", body, Idempotency_Key="k-2")
    assert (problem_of(answer), answer.json()["number"]) == ((409, "already_placed", []), number)
    assert row_counts() == before


@pytest.mark.django_db(transaction=True)
def test_twins_at_the_same_moment_place_one_order_and_all_get_its_bytes(shop: Shop, api: Api) -> None:
    shop.receive(shop.mug, 100)
    for round_ in range(5):
        body = order()
        answers = together(6, lambda body=body, key=f"k-{round_}": api.post("/orders", body, Idempotency_Key=key))
        assert {(each.status_code, each.content) for each in answers} == {(201, answers[0].content)}
        assert Counter("Idempotent-Replayed" in each for each in answers) == {False: 1, True: 5}
        assert Order.objects.count() == round_ + 1
    assert shop.stock(shop.mug) == (100, 10)


@pytest.mark.django_db(transaction=True)
def test_twins_without_a_key_place_one_order_and_the_others_read_its_number(api: Api) -> None:
    body = order()
    answers = together(6, lambda: api.post("/orders", body))
    [placed] = [each for each in answers if each.status_code == 201]
    refused = [each for each in answers if each is not placed]
    assert [problem_of(each)[:2] for each in refused] == [(409, "already_placed")] * 5
    assert {each.json()["number"] for each in refused} == {placed.json()["number"]}
    assert Order.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_twin_in_flight_waits_for_the_first_and_gets_its_bytes(api: Api) -> None:
    body = order()
    answers = first_and_twin(api, body, seconds=0.6)
    assert (answers["first"].status_code, answers["twin"].content) == (201, answers["first"].content)
    assert answers["twin"]["Idempotent-Replayed"] == "true"
    assert answers["waited"] > 0.3


@pytest.mark.django_db(transaction=True)
def test_a_twin_of_a_request_that_fails_takes_its_place(api: Api) -> None:
    answers = first_and_twin(api, order(), seconds=0.6, is_rolled_back=True)
    assert (answers["twin"].status_code, "Idempotent-Replayed" in answers["twin"]) == (201, False)
    assert answers["twin"].json()["number"] != answers["first"].json()["number"]
    assert Order.objects.count() == IdempotencyKey.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_twin_that_waited_too_long_is_409_and_may_ask_again(
    is_postgres: bool, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_postgres:
        pytest.skip("on SQLite the queue of writers waits, and it has a deadline of its own")
    assert idempotency.WAIT_SECONDS == 5
    monkeypatch.setattr(idempotency, "WAIT_SECONDS", 0.3)
    body = order()
    answers = first_and_twin(api, body, seconds=1.2)
    assert problem_of(answers["twin"]) == (409, "idempotency_key_in_flight", [])
    assert 0.2 < answers["waited"] < 1
    again = api.post("/orders", body, Idempotency_Key="k")
    assert (again.content, again["Idempotent-Replayed"]) == (answers["first"].content, "true")


def test_the_patience_ends_with_the_claim(is_postgres: bool) -> None:
    if not is_postgres:
        pytest.skip("lock_timeout is PostgreSQL's")

    def timeout() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            return str(cursor.fetchone()[0])

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '1234ms'")
        with idempotency._patience():
            assert timeout() == "5s"
        assert timeout() == "1234ms"


def together(count: int, call: Callable[[], Any]) -> list[Any]:
    """Make the same call from many threads at one moment."""
    barrier, answers = threading.Barrier(count), []

    def run() -> None:
        barrier.wait()
        answers.append(call())
        connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def first_and_twin(api: Api, body: Any, *, seconds: float, is_rolled_back: bool = False) -> dict[str, Any]:
    """Hold the first request's transaction open so long, and send its twin meanwhile; return both answers."""
    answers: dict[str, Any] = {}
    is_claimed = threading.Event()

    def first() -> None:
        try:
            with transaction.atomic():
                answers["first"] = api.post("/orders", body, Idempotency_Key="k")
                is_claimed.set()
                time.sleep(seconds)
                transaction.set_rollback(is_rolled_back)
        finally:
            connections.close_all()

    thread = threading.Thread(target=first)
    thread.start()
    assert is_claimed.wait(10)
    began = time.monotonic()
    answers["twin"] = api.post("/orders", body, Idempotency_Key="k")
    answers["waited"] = time.monotonic() - began
    thread.join()
    return answers


def test_the_kept_answer_is_encrypted_and_forgotten_with_the_secret_key(shop: Shop, api: Api, settings: Any) -> None:
    body = order()
    first = api.post("/orders", body, Idempotency_Key="k-1")
    assert first.json()["tracking_url"].encode() not in bytes(IdempotencyKey.objects.get().body)
    settings.SECRET_KEY = "another key"
    again = api.post("/orders", body, Idempotency_Key="k-1")
    assert problem_of(again) == (409, "idempotency_key_forgotten", [])
    assert Order.objects.count() == 1
