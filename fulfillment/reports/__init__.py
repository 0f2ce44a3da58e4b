"""What waits on the floor, what stands at the dock, what has to be ordered: counted, never written."""

from fulfillment.reports.inbound import DockToStock, at_dock, dock_to_stock
from fulfillment.reports.queue import LISTED, STEPS, Row, Waiting, queue, step_of, waiting

__all__ = [
    "LISTED",
    "STEPS",
    "DockToStock",
    "Row",
    "Waiting",
    "at_dock",
    "dock_to_stock",
    "queue",
    "step_of",
    "waiting",
]
