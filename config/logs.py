"""What may stand in a log: no token, as it opens the customer's page to whoever reads it; and no row of a person."""

import logging
import re
import traceback
from typing import Any

TOKEN = re.compile(r"(/track/)[\w-]+")


class WithoutTokens(logging.Filter):
    """Takes tokens out of the paths that are logged; hides no line."""

    def filter(self, record: logging.LogRecord) -> bool:
        told = record.getMessage()
        if TOKEN.search(told):
            record.msg, record.args = TOKEN.sub(r"\1…", told), None
        return True


class WithoutWords(logging.Formatter):
    """Tells of an exception its type and where it came from, and not what it says: a database quotes whole rows."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's own name
        error: BaseException | None = ei[1]
        told = []
        while error is not None:
            told.append("".join(traceback.format_tb(error.__traceback__)) + type(error).__qualname__)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\nafter\n".join(told)
