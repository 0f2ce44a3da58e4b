"""Returns: announced or not, taken in by scan, looked at unit by unit: back to stock, quarantine or scrap."""

from fulfillment.services.returns.announce import (
    NotReturnable,
    approve_return,
    cancel_return,
    decline_return,
    request_return,
    send_return,
)
from fulfillment.services.returns.desk import NotDecided, Outcome, finish_return
from fulfillment.services.returns.expect import call_off_return, expect_return
from fulfillment.services.returns.find import find_return
from fulfillment.services.returns.units import can_come_back

__all__ = [
    "NotDecided",
    "NotReturnable",
    "Outcome",
    "approve_return",
    "call_off_return",
    "can_come_back",
    "cancel_return",
    "decline_return",
    "expect_return",
    "find_return",
    "finish_return",
    "request_return",
    "send_return",
]
