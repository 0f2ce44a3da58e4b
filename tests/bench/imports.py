"""How long the real order stream takes to import: 2,000 orders in 20,726 rows, by the command that a shop calls."""

import contextlib
import io
import sys
import time

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from orders.models import Order  # noqa: E402
from tests.bench.measure import Report  # noqa: E402
from tests.stream import exit_code, head, unpack  # noqa: E402

SECONDS = 15
ROWS_OF_QUICK = 200
PLACED = 1_919


def run(*, quick: bool) -> None:
    report = Report(quick)
    report.say(f"-- {connection.vendor} {'.'.join(map(str, connection.get_database_version()))}")
    call_command("migrate", verbosity=0)
    files = {name: unpack(f"{name}.csv", settings.VAR_DIR) for name in ("products", "stock", "orders")}
    if quick:
        files["orders"].write_bytes(head("orders.csv", ROWS_OF_QUICK))
    for name, path in files.items():
        begun, more = time.perf_counter(), ["--channel", "pos"] if name == "orders" else []
        with contextlib.redirect_stderr(io.StringIO()):
            exit_code(f"import_{name}", path, *more)
        seconds = time.perf_counter() - begun
        report.say(f"{name + '.csv':<52} {seconds:>10,.1f} s")
    placed = Order.objects.count()
    report.judge("seconds to import the orders", seconds, SECONDS, at_most=True)
    report.judge("orders placed", placed, PLACED)
    report.end()


if __name__ == "__main__":
    run(quick="--quick" in sys.argv)
