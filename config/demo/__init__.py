"""The demo shop: its goods and people, its staff and carrier, and a working day in which they do what people do.

Whatever happens goes through the API, the floor's services and the carrier's hook; no row is written past them.
"""
