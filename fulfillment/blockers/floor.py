"""Why a count, a return or a reship cannot go on: it stands elsewhere."""

from typing import Any

from orders.blockers import Reason, wrong_status

STATE = {
    "count": {
        "OPEN": "still to be counted",
        "COUNTED": "waiting for approval",
        "RECOUNT": "to be counted again",
        "APPROVED": "approved",
        "APPLIED": "booked",
        "CANCELLED": "cancelled",
    },
    "return": {
        "REQUESTED": "only asked for",
        "APPROVED": "approved",
        "DECLINED": "declined",
        "IN_TRANSIT": "on its way back",
        "RECEIVED": "here and not looked at yet",
        "INSPECTED": "looked at",
        "CLOSED": "closed",
        "CANCELLED": "cancelled",
    },
    "reship": {
        "PROPOSED": "proposed",
        "SENT": "sent already",
        "DECLINED": "declined",
        "WITHDRAWN": "not needed any more",
    },
}
VERB = {
    "count": {
        "count": "be counted",
        "recount": "be counted again",
        "approve": "be approved",
        "apply": "be booked",
        "cancel": "be cancelled",
    },
    "return": {
        "approve": "be approved",
        "decline": "be declined",
        "expect": "be expected",
        "send": "be sent",
        "receive": "be taken in",
        "inspect": "be looked at",
        "close": "be closed",
        "cancel": "be cancelled",
    },
    "reship": {
        "propose": "be proposed",
        "send": "be sent",
        "decline": "be declined",
        "withdraw": "be taken back",
    },
}


def reasons(thing: Any, verb: str) -> list[Reason]:
    """Say why `verb` is not possible on this count, return or reship now."""
    kind = thing._meta.model_name
    return wrong_status(thing, verb, f"The {kind} is {STATE[kind][thing.status]}, so it cannot {VERB[kind][verb]}.")
