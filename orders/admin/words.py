"""What staff reads for each kind of event: THE table. A kind that the code records and that has no words fails a test.

A sentence names facts of its event in braces; what else the event tells stands after it, by the table of facts.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format

from orders.signatures import SCHEMES
from tracking.models import Alarm

ORDER, WAREHOUSE, PARCEL, MESSAGE, NOTE = "order", "warehouse", "parcel", "message", "note"
GROUPS = {ORDER: "Order", WAREHOUSE: "Warehouse", PARCEL: "Parcels", MESSAGE: "Messages", NOTE: "Notes"}
GROUP_OF = {
    "order": ORDER,
    "promise": ORDER,
    "return": ORDER,
    "reship": ORDER,
    "stock": WAREHOUSE,
    "shipment": WAREHOUSE,
    "parcel": PARCEL,
    "link": MESSAGE,
    "message": MESSAGE,
}

WORDS: dict[str, str] = {
    "order.placed": "Order placed",
    "order.confirmed": "Order confirmed",
    "order.fulfillment_started": "The warehouse has begun",
    "order.partly_shipped": "A part of the order has left",
    "order.shipped": "All of the order has left",
    "order.delivered": "All of the order is delivered",
    "order.returned": "All of the order came back",
    "order.cancelled": "Order cancelled",
    "order.lines_cancelled": "Units cancelled",
    "order.delayed": "A promise has passed",
    "order.held": "Put on hold",
    "order.released": "Hold released",
    "order.noted": "Note written",
    "promise.moved": "New promise",
    "stock.reserved": "Stock reserved for {shipment}",
    "stock.set_back": "Units of {shipment} were not found and wait again",
    "shipment.planned": "Shipment {shipment} planned",
    "shipment.joined": "Units of {shipment} go with {into}",
    "shipment.split": "A part of {shipment} goes as {into}",
    "shipment.merged": "All of {shipment} goes with {into}",
    "shipment.readied": "Shipment {shipment} is ready to pick",
    "shipment.picking_started": "Picking of {shipment} begun",
    "shipment.picked_in_part": "A part of {shipment} picked",
    "shipment.picked": "Shipment {shipment} picked",
    "shipment.unpicked": "Units of {shipment} put back: picking goes on",
    "shipment.packed_in_part": "A part of {shipment} packed",
    "shipment.packed": "Shipment {shipment} packed",
    "shipment.shipped": "Shipment {shipment} has left",
    "shipment.delivered": "Shipment {shipment} delivered",
    "shipment.cancelled": "Shipment {shipment} is not needed any more",
    "shipment.lost": "Shipment {shipment} is lost",
    "shipment.found": "Shipment {shipment} turned up again",
    "shipment.returned_to_sender": "Shipment {shipment} came back",
    "parcel.shipped": "Parcel {parcel} shipped",
    "parcel.estimated": "Parcel {parcel} should arrive as is usual on its lane",
    "parcel.past_estimate": "Parcel {parcel} takes longer than is usual on its lane",
    "parcel.handed_over": "Parcel {parcel} is in the carrier’s van: manifest {manifest}",
    "parcel.scanned": "Carrier scanned parcel {parcel}",
    "parcel.identified": "Said to be parcel {parcel}: what the carrier told of a number that more than one has",
    "parcel.corrected": "Our reading of parcel {parcel} is corrected",
    "parcel.silent": "No news of parcel {parcel} for too long",
    "parcel.silence_ended": "Parcel {parcel} is not counted as silent any more",
    "parcel.unknown": "No news of parcel {parcel}",
    "parcel.pre_transit": "Parcel {parcel} is announced to the carrier",
    "parcel.in_transit": "Parcel {parcel} is on its way",
    "parcel.exception": "Parcel {parcel} is held up",
    "parcel.out_for_delivery": "Parcel {parcel} is out for delivery",
    "parcel.delivery_attempt_failed": "Parcel {parcel} could not be delivered",
    "parcel.available_for_pickup": "Parcel {parcel} waits to be collected",
    "parcel.returning_to_sender": "Parcel {parcel} is on its way back",
    "parcel.delivered": "Parcel {parcel} delivered",
    "parcel.returned_to_sender": "Parcel {parcel} came back",
    "parcel.lost": "Parcel {parcel} is lost",
    "parcel.expired": "The carrier says nothing more of parcel {parcel}",
    "parcel.cancelled": "The label of parcel {parcel} is cancelled",
    "return.requested": "Return {return} announced",
    "return.expected": "Parcel {parcel} is expected back as return {return}",
    "return.approved": "Return {return} approved",
    "return.declined": "Return {return} declined",
    "return.shipped": "Return {return} is on its way",
    "return.received": "Return {return} arrived",
    "return.inspected": "Return {return} looked at",
    "return.closed": "Return {return} closed",
    "return.cancelled": "Return {return} cancelled",
    "reship.proposed": "Parcel {reship} may be sent again",
    "reship.sent": "What was in {reship} goes again as {into}",
    "reship.declined": "Parcel {reship} is not sent again",
    "reship.withdrawn": "Parcel {reship} need not be sent again",
    "link.requested": "The customer asked for the link to their page",
    "message.resent": "A message was sent again",
}
MESSAGES = {
    "order.placed": "Mail: we have your order",
    "order.delayed": "Mail: your order is delayed",
    "order.cancelled": "Mail: your order is cancelled",
    "order.lines_cancelled": "Mail: a part of your order is cancelled",
    "parcel.shipped": "Mail: your parcel is on its way",
    "parcel.out_for_delivery": "Mail: your parcel comes today",
    "parcel.delivery_attempt_failed": "Mail: your parcel could not be delivered",
    "parcel.available_for_pickup": "Mail: your parcel can be collected",
    "parcel.delivered": "Mail: your parcel is delivered",
    "parcel.silent": "Mail: there is no news of your parcel",
    "parcel.exception": "Mail: your parcel needs something from them",
    "parcel.returning_to_sender": "Mail: your parcel is on its way back",
    "parcel.returned_to_sender": "Mail: your parcel came back",
    "parcel.lost": "Mail: your parcel was reported lost",
    "link.requested": "Mail: the link to your order",
}
REASONS = {
    "joined": "its units go with another shipment",
    "ADDRESS": "the address has to be checked",
    "PAYMENT": "the payment has not arrived",
    "FRAUD": "the order has to be checked",
    "CUSTOMER": "the customer asked to wait",
    "STOCK": "the stock has to be checked",
    "OTHER": "another reason",
}
CAUSES = {"LOST": "it is lost", "DAMAGED": "it is damaged"}
PROMISES = {"ship_by": "ship by", "deliver_by": "deliver by"}


class _Told(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "–"


def told(kind: str, facts: dict[str, Any]) -> str:
    """Return what happened, in plain words."""
    return WORDS[kind].format_map(_Told(facts))


def details(kind: str, facts: dict[str, Any]) -> list[str]:
    """Return what else the event tells, each in a few words."""
    said = [FACTS.get(name, _plain(name))(value) for name, value in facts.items() if f"{{{name}}}" not in WORDS[kind]]
    return [text for text in said if text]


def counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def provider_name(provider: str) -> str:
    return SCHEMES[provider].name if provider in SCHEMES else provider


def _plain(name: str) -> Callable[[Any], str]:
    words = name.replace("_", " ")
    return lambda value: f"{words} {value}" if isinstance(value, str | int) and value not in {"", True, False} else ""


def _lines(value: Any) -> str:
    """A number of lines, their numbers, or how many units of which."""
    if isinstance(value, int):
        return counted(value, "line", "lines")
    if value and isinstance(value[0], dict):
        return ", ".join(f"{_units(each['units'])} of line {each['line']}" for each in value)
    return f"{'line' if len(value) == 1 else 'lines'} {', '.join(map(str, value))}" if value else ""


def _units(value: Any) -> str:
    return counted(value, "unit", "units")


def _day(text: Any) -> str:
    moment = parse_datetime(str(text)) if "T" in str(text) else None
    day = timezone.localtime(moment).date() if isinstance(moment, datetime) else parse_date(str(text))
    return date_format(day, "j M Y") if day else str(text)


def _hidden(_: Any) -> str:
    return ""


FACTS: dict[str, Callable[[Any], str]] = {
    "lines": _lines,
    "units": _units,
    "channel": lambda value: f"through {value}",
    "warehouse": lambda value: f"in {value}",
    "reason": lambda value: REASONS.get(value, str(value)),
    "until": lambda value: f"until {_day(value)}",
    "missed": lambda value: PROMISES.get(value, str(value)),
    "date": _day,
    "usual": lambda days: f"{_day(days[0])} – {_day(days[1])}",
    "promise": lambda value: f"promised for {_day(value)}",
    "of": lambda value: f"one of {counted(value, 'parcel', 'parcels')}" if value > 1 else "",
    "shipment": str,
    "parcel": str,
    "hold": _hidden,
    "holds": _hidden,
    "note": _hidden,
    "operation": _hidden,
    "message": _hidden,
    "status": _hidden,
    "milestones": _hidden,
    "changed": _hidden,
    "bucket": _hidden,
    "left": _hidden,
    "alarm": lambda value: str(dict(Alarm.Kind.choices).get(value, "")).lower(),
    "since": lambda value: f"since {_day(value)}",
    "cause": lambda value: CAUSES.get(value, f"cause {value}"),
    "parcels": ", ".join,
    "scans": lambda value: counted(value, "scan", "scans"),
    "is_late": lambda value: "heard of it late" if value else "",
    "kind": lambda value: MESSAGES.get(value, ""),
}
