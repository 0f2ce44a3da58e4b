"""What people do with what the audit found. Findings open, and are resolved, by their check alone."""

from orders.lifecycle import Refused
from tracking.models import Finding


class NotOpen(Refused):
    """The finding is acknowledged already, or its check holds again."""

    code = "not_open"


def acknowledge_finding(finding: Finding) -> None:
    """Note that somebody looks after it. Raises NotOpen."""
    open_ones = Finding.objects.filter(pk=finding.pk, status=Finding.Status.OPEN)
    if not open_ones.update(status=Finding.Status.ACKNOWLEDGED):
        raise NotOpen("Somebody acknowledged this finding already, or it has resolved itself.")
