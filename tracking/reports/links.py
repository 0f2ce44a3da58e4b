"""Where a number leads: the list in the admin that holds exactly what was counted. The one place that knows how."""

from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import urlencode

Value = str | int | date | datetime | Sequence[str] | Sequence[int]


def orders_where(**lookups: Value) -> str:
    """Return the list of orders with these plain lookups of the admin; `view` is one of its saved views."""
    return _where("/admin/orders/order/", lookups)


def findings_where(**lookups: Value) -> str:
    return _where("/admin/tracking/finding/", lookups)


def receipts_where(**lookups: Value) -> str:
    return _where("/admin/fulfillment/receipt/", lookups)


def counts_where(**lookups: Value) -> str:
    return _where("/admin/fulfillment/count/", lookups)


def audit_runs() -> str:
    return "/admin/tracking/auditrun/"


def _where(path: str, lookups: dict[str, Value]) -> str:
    return f"{path}?{urlencode({name: _text(value) for name, value in lookups.items()})}"


def _text(value: Value) -> str:
    match value:
        case str() | int():
            return str(value)
        case date():
            return value.isoformat()
    return ",".join(str(each) for each in value)
