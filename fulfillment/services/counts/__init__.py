"""Counting: blind, once more where it differs, approved by another where it differs much, booked with its cause."""

from fulfillment.services.counts.approve import approve_count, cancel_count, count_again, judge_count
from fulfillment.services.counts.ask import NotCountable, ask_count
from fulfillment.services.counts.book import apply_count
from fulfillment.services.counts.doubt import counted_if_short, doubt
from fulfillment.services.counts.plan import due_counts, plan_counts
from fulfillment.services.counts.sheet import places_left, seen_at

__all__ = [
    "NotCountable",
    "apply_count",
    "approve_count",
    "ask_count",
    "cancel_count",
    "count_again",
    "counted_if_short",
    "doubt",
    "due_counts",
    "judge_count",
    "places_left",
    "plan_counts",
    "seen_at",
]
