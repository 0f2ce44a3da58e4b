"""What can be done with what carriers say, and the customer's key to it."""

from tracking.services.finding import acknowledge_finding
from tracking.services.link import link_for, links_for, look_up, request_link

__all__ = ["acknowledge_finding", "link_for", "links_for", "look_up", "request_link"]
