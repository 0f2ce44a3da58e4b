"""Shipments and stock over HTTP."""
