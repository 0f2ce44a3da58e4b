"""Where a parcel is, folded from everything that sources ever said of it: values in, values out.

The rules F1–F12 it names decide what counts, in which order, and what of it makes the status.
"""

from tracking.status.eta import Expectation, read_eta
from tracking.status.fold import Decision, Line, Result, fold
from tracking.status.milestones import Milestone
from tracking.status.picture import Eta, Headline, Journey, Place, Scan, Snapshot

__all__ = [
    "Decision",
    "Eta",
    "Expectation",
    "Headline",
    "Journey",
    "Line",
    "Milestone",
    "Place",
    "Result",
    "Scan",
    "Snapshot",
    "fold",
    "read_eta",
]
