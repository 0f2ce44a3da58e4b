"""What a log tells of a failure: where it came from, and nothing of anybody."""

import logging
import sys

from django.conf import settings

from config.logs import WithoutWords

QUOTED, SAID = "Key (email)=(ana@example.com) already exists.", "Ana Ruiz, Calle Mayor 1"


def fail() -> None:
    try:
        raise_with(ValueError, QUOTED)
    except ValueError as error:
        raise RuntimeError(SAID) from error


def raise_with(kind: type[Exception], words: str) -> None:
    raise kind(words)


def test_an_exception_is_told_without_its_words() -> None:
    try:
        fail()
    except RuntimeError:
        record = logging.LogRecord("orders", logging.ERROR, __file__, 1, "POST %s failed", ("/x",), sys.exc_info())
    told = WithoutWords("{message}", style="{").format(record)
    assert told.startswith("POST /x failed\n")
    assert [each in told for each in ("RuntimeError", "ValueError", "test_logs.py")] == [True, True, True]
    assert [each in told for each in ("ana@example.com", "Calle")] == [False, False]


def test_the_house_logs_so() -> None:
    assert settings.LOGGING["formatters"]["line"]["()"] == "config.logs.WithoutWords"
