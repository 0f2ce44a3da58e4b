"""A connection to PostgreSQL that is kept between requests: used again while it stands, made anew once it was ended."""

import pytest
from django.core.signals import request_started
from django.db import connection

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no server that could go"),
]


def _backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


@pytest.fixture
def _kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check connections as in real life, which tests do not."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 600)
    connection.close()
    connection.connect()


@pytest.mark.usefixtures("_kept")
def test_a_connection_that_stands_is_used_again() -> None:
    before = _backend()
    assert connection.is_usable()
    request_started.send(None)
    assert _backend() == before


@pytest.mark.usefixtures("_kept")
def test_a_connection_that_the_server_ended_is_made_anew_by_the_next_request() -> None:
    before = _backend()
    with connection.copy().cursor() as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [before])
    assert not connection.is_usable()
    request_started.send(None)
    assert _backend() != before
