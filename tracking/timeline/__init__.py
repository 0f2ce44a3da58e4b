"""What the customer's page tells: an order's way in plain words, as plain dataclasses. How it looks, templates say.

Nothing here but the year depends on when it is read, and nothing on who reads it, so that what is made of it may be
kept a while.
"""

from tracking.timeline.page import OrderPage, page_of

__all__ = ["OrderPage", "page_of"]
