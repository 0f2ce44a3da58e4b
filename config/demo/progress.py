"""How things stand, in one line that is written over where somebody watches, and now and then where nobody does."""

import time
from typing import TextIO

from django.db.models import Count

from orders.models import Order

Status = Order.Status
IN_HOUSE = (Status.PLACED, Status.CONFIRMED, Status.IN_FULFILLMENT, Status.PARTLY_SHIPPED)
SCREEN_SECONDS, LOG_SECONDS = 1.0, 10.0
ERASE = "\r\x1b[K"


class Progress:
    """Tells of the orders whose external ids begin with `prefix`."""

    def __init__(self, prefix: str, out: TextIO) -> None:
        self._prefix, self._out, self._told, self._line = prefix, out, time.monotonic(), ""
        self._begun = self._told

    def __call__(self) -> None:
        """Tell, if it is time to and there is news."""
        every = SCREEN_SECONDS if self._out.isatty() else LOG_SECONDS
        if time.monotonic() - self._told < every:
            return
        self._told, line = time.monotonic(), self._now()
        if line != self._line:
            self._line = line
            self._write(f"{ERASE}{self._since()} · {line}" if self._out.isatty() else f"{self._since()} · {line}\n")

    def say(self, text: str) -> None:
        """Tell something else in between."""
        self._write(f"{ERASE}{text}" if self._out.isatty() else text)

    def end(self) -> None:
        """Leave the line as it stands."""
        if self._out.isatty():
            self._write("\n")

    def _now(self) -> str:
        rows = Order.objects.filter(external_id__startswith=self._prefix).order_by().values_list("status")
        count = dict(rows.annotate(Count("pk")))
        in_house = sum(count.get(status, 0) for status in IN_HOUSE)
        parts = {
            "placed": sum(count.values()),
            "in the house": in_house,
            "on their way": count.get(Status.SHIPPED, 0),
            "delivered": count.get(Status.DELIVERED, 0),
            "cancelled or back": count.get(Status.CANCELLED, 0) + count.get(Status.RETURNED, 0),
        }
        return ", ".join(f"{number} {name}" for name, number in parts.items())

    def _since(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self._begun), 60)
        return f"{minutes}:{seconds:02d}"

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
