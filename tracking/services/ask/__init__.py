"""Asking providers of parcels, and listening whether they still tell us by themselves."""
