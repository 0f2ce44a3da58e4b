"""Why a thing of the warehouse cannot go on. Imports no model: the models ask here.

No reason means allowed: the FSM's condition, the greyed button and every "why is it not shipped?" read the same list.
"""

from typing import Any

from fulfillment.blockers import floor, shipment
from fulfillment.blockers.expected import note_expected
from fulfillment.blockers.regroup import merge_into_reasons, merge_reasons, split_reasons
from fulfillment.blockers.shipment import (
    SHIPMENT_STATE,
    SHIPMENT_VERB,
    cancel_lines_reasons,
    is_allowed,
    order_reasons,
    why_not_shipped,
    why_waiting,
)
from orders.blockers import Reason

__all__ = [
    "SHIPMENT_STATE",
    "SHIPMENT_VERB",
    "cancel_lines_reasons",
    "is_allowed",
    "merge_into_reasons",
    "merge_reasons",
    "note_expected",
    "order_reasons",
    "reasons",
    "split_reasons",
    "why_not_shipped",
    "why_waiting",
]


def reasons(thing: Any, verb: str) -> list[Reason]:
    """Say why `verb` is not possible on a shipment, a count, a return or a reship now."""
    return shipment.reasons(thing, verb) if thing._meta.model_name == "shipment" else floor.reasons(thing, verb)
