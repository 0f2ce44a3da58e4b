"""What can be done with what carriers say, the customer's key to it, and the audit of all."""

from tracking.services.adopt import adopt_unmatched, forget_unmatched
from tracking.services.audit import NoSuchCheck, run_audit
from tracking.services.finding import acknowledge_finding
from tracking.services.keep import Taken
from tracking.services.link import answer_look_ups, link_for, links_for, look_up, request_link
from tracking.services.take import take_carrier_events
from tracking.services.understand import understand_inbox

__all__ = [
    "NoSuchCheck",
    "Taken",
    "acknowledge_finding",
    "adopt_unmatched",
    "answer_look_ups",
    "forget_unmatched",
    "link_for",
    "links_for",
    "look_up",
    "request_link",
    "run_audit",
    "take_carrier_events",
    "understand_inbox",
]
