"""What can be done with what carriers say, the customer's key to it, and the audit of all."""

from tracking.services.adopt import adopt_unmatched, forget_unmatched
from tracking.services.alarms import (
    AlarmClosed,
    AlreadyTheirs,
    NotSnoozed,
    leave_alarm,
    snooze_alarm,
    sweep_alarms,
    take_alarm,
    wake_alarm,
)
from tracking.services.ask.listen import is_known_well, listen
from tracking.services.ask.round import ask_providers
from tracking.services.ask.wish import (
    AskedToWait,
    CannotBeAsked,
    NotAsked,
    WeakKey,
    ask_for_missing,
    begin_asking,
    end_asking,
    why_never_asked,
)
from tracking.services.audit import NoSuchCheck, run_audit
from tracking.services.decided import Decided, decided_by
from tracking.services.ends import ends_by
from tracking.services.enter import NoReasonForThat, NotLeft, NotYet, TooEarly, enter_scan
from tracking.services.estimate import JUST_NOW, end_estimates, estimate_departed
from tracking.services.finding import acknowledge_finding
from tracking.services.follow import move_shipment
from tracking.services.identify import (
    NotMeant,
    NotTheirs,
    NotUnclear,
    identify_message,
    put_delivery_aside,
    put_message_aside,
)
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
    set_meaning,
)
from tracking.services.replay import replay_everything, replay_history
from tracking.services.take import take_carrier_events
from tracking.services.understand import understand_inbox

__all__ = [
    "JUST_NOW",
    "AlarmClosed",
    "AlreadyTheirs",
    "AskedToWait",
    "CannotBeAsked",
    "Decided",
    "NoReasonForThat",
    "NoSuchCheck",
    "NoSuchReason",
    "NotAsked",
    "NotLeft",
    "NotMeant",
    "NotSnoozed",
    "NotTheirs",
    "NotUnclear",
    "NotYet",
    "OwnName",
    "SameMeaning",
    "Shift",
    "Taken",
    "TooEarly",
    "WeakKey",
    "acknowledge_finding",
    "adopt_unmatched",
    "answer_look_ups",
    "ask_for_missing",
    "ask_providers",
    "begin_asking",
    "decided_by",
    "end_asking",
    "end_estimates",
    "ends_by",
    "enter_scan",
    "estimate_departed",
    "forget_unmatched",
    "heard",
    "identify_message",
    "is_known_well",
    "known_lanes",
    "learn_lanes",
    "leave_alarm",
    "link_for",
    "links_for",
    "listen",
    "look_up",
    "move_shipment",
    "preview_meaning",
    "put_delivery_aside",
    "put_message_aside",
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
    "wake_alarm",
    "why_never_asked",
]
