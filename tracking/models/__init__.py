"""Where it is: what carriers said, what follows from it, who may look, and whether the books agree."""

from tracking.models.audit import AuditRun, Finding
from tracking.models.link import LinkRequest, TrackingLink
from tracking.models.tracker import CarrierEvent, Snapshot, Tracker

__all__ = ["AuditRun", "CarrierEvent", "Finding", "LinkRequest", "Snapshot", "Tracker", "TrackingLink"]
