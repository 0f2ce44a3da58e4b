"""What can be done with what carriers say, and the customer's key to it."""

from tracking.services.link import link_for, links_for

__all__ = ["link_for", "links_for"]
