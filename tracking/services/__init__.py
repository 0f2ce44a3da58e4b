"""What can be done with what carriers say, and the customer's key to it."""

from tracking.services.adopt import adopt_unmatched, forget_unmatched
from tracking.services.finding import acknowledge_finding
from tracking.services.keep import Taken
from tracking.services.link import link_for, links_for, look_up, request_link
from tracking.services.take import take_carrier_events
from tracking.services.understand import understand_inbox

__all__ = [
    "Taken",
    "acknowledge_finding",
    "adopt_unmatched",
    "forget_unmatched",
    "link_for",
    "links_for",
    "look_up",
    "request_link",
    "take_carrier_events",
    "understand_inbox",
]
