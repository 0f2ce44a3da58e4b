"""The managers' page, out of what is open and of the last eight weeks: its cost does not grow with the history."""

from tracking.reports.page import Report, make_report

__all__ = ["Report", "make_report"]
