"""Parcels under way, what carriers said of them and what their words mean, and what the audit found."""

from tracking.admin import codes, lanes, meaning, parcels

__all__ = ["codes", "lanes", "meaning", "parcels"]
