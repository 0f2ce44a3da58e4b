"""Where it is: what carriers said and what that means, who may look, and whether the books agree."""

from tracking.models.alarm import Alarm
from tracking.models.audit import AuditRun, Finding
from tracking.models.code import CarrierCode, Remapping, UnmappedCode
from tracking.models.contact import Contact, Heard, Question
from tracking.models.estimate import Estimate
from tracking.models.lane import LearntLane
from tracking.models.link import LinkRequest, TrackingLink
from tracking.models.tracker import CarrierEvent, Snapshot, Tracker

__all__ = [
    "Alarm",
    "AuditRun",
    "CarrierCode",
    "CarrierEvent",
    "Contact",
    "Estimate",
    "Finding",
    "Heard",
    "LearntLane",
    "LinkRequest",
    "Question",
    "Remapping",
    "Snapshot",
    "Tracker",
    "TrackingLink",
    "UnmappedCode",
]
