"""Parcels under way, what carriers said of them and what their words mean, and what the audit found."""

from tracking.admin import alarms, codes, lanes, meaning, messages, parcels

__all__ = ["alarms", "codes", "lanes", "meaning", "messages", "parcels"]
