"""What waits on the floor, what stands at the dock, what has to be ordered: counted, never written."""

from fulfillment.reports.counts import COUNTS_LISTED, Accuracy, accuracies, accuracy, counts_to_do, counts_within
from fulfillment.reports.ends import End, ends
from fulfillment.reports.inbound import DockToStock, at_dock, dock_to_stock
from fulfillment.reports.places import Proposal, lies_in, lies_where, propose_bin
from fulfillment.reports.queue import LISTED, STEPS, Row, Waiting, queue, step_of, waiting
from fulfillment.reports.reorder import Suggestion, reorder, standing
from fulfillment.reports.returns import returns_at_hand
from fulfillment.reports.waves import CartRow, WaveRow, free_carts, rows_of, waves_of

__all__ = [
    "COUNTS_LISTED",
    "LISTED",
    "STEPS",
    "Accuracy",
    "CartRow",
    "DockToStock",
    "End",
    "Proposal",
    "Row",
    "Suggestion",
    "Waiting",
    "WaveRow",
    "accuracies",
    "accuracy",
    "at_dock",
    "counts_to_do",
    "counts_within",
    "dock_to_stock",
    "ends",
    "free_carts",
    "lies_in",
    "lies_where",
    "propose_bin",
    "queue",
    "reorder",
    "returns_at_hand",
    "rows_of",
    "standing",
    "step_of",
    "waiting",
    "waves_of",
]
