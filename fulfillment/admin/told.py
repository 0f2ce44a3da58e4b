"""What the floor's services answer, as the admin's buttons say it."""

from fulfillment.models import Scan
from orders.lifecycle import Refused


class NotDone(Refused):
    """It was not what was wanted: its sentence says why."""

    code = "not_done"


def told(scan: Scan) -> Scan:
    """Return what was done; it says so itself. Raises NotDone where nothing was."""
    if not scan.is_done:
        raise NotDone(scan.sentence)
    return scan
