"""What can be done with what carriers say, the customer's key to it, and the audit of all."""

from tracking.services.audit import NoSuchCheck, run_audit
from tracking.services.link import link_for, links_for, look_up, request_link

__all__ = ["NoSuchCheck", "link_for", "links_for", "look_up", "request_link", "run_audit"]
