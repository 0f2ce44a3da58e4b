"""What can be done with what carriers say, the customer's key to it, and the audit of all."""

from tracking.services.adopt import adopt_unmatched, forget_unmatched
from tracking.services.alarms import AlarmClosed, leave_alarm, snooze_alarm, sweep_alarms, take_alarm
from tracking.services.audit import NoSuchCheck, run_audit
from tracking.services.finding import acknowledge_finding
from tracking.services.keep import Taken
from tracking.services.lanes import known_lanes, learn_lanes
from tracking.services.link import answer_look_ups, link_for, links_for, look_up, request_link
from tracking.services.remap import (
    NoSuchReason,
    OwnName,
    SameMeaning,
    Shift,
    heard,
    preview_meaning,
    replay_everything,
    replay_history,
    set_meaning,
)
from tracking.services.take import take_carrier_events
from tracking.services.understand import understand_inbox

__all__ = [
    "AlarmClosed",
    "NoSuchCheck",
    "NoSuchReason",
    "OwnName",
    "SameMeaning",
    "Shift",
    "Taken",
    "acknowledge_finding",
    "adopt_unmatched",
    "answer_look_ups",
    "forget_unmatched",
    "heard",
    "known_lanes",
    "learn_lanes",
    "leave_alarm",
    "link_for",
    "links_for",
    "look_up",
    "preview_meaning",
    "replay_everything",
    "replay_history",
    "request_link",
    "run_audit",
    "set_meaning",
    "snooze_alarm",
    "sweep_alarms",
    "take_alarm",
    "take_carrier_events",
    "understand_inbox",
]
