"""What tests of notifications start from: a mail server that takes what this process sends."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.mail import KeyedSink, Sink


def post_to(settings: Any, sink: Sink) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.IS_MAIL_KEPT = False


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    with Sink() as sink:
        post_to(settings, sink)
        yield sink


@pytest.fixture
def keyed_sink(settings: Any) -> Iterator[KeyedSink]:
    with KeyedSink() as sink:
        post_to(settings, sink)
        yield sink
