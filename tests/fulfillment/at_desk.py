"""The returns desk by scan, for tests that start from what came back."""

from typing import Any
from uuid import UUID, uuid4

from fulfillment.models import Bin, Return, ReturnLine, Scan
from fulfillment.services.returns import Outcome
from fulfillment.services.scan_return import grade_by_scan, scan_to_return
from fulfillment.services.scanned import Act
from tests.factories import BOB


def bring(thing: Any, sku: str = "MUG-01", operation: UUID | None = None) -> tuple[Scan, Return | None]:
    """Scan one unit at the desk of MAIN; return what was said, and the return as it stands then."""
    desk_bin = Bin.objects.select_related("warehouse").get(warehouse__code="MAIN", code=Bin.Kind.RETURNS)
    scan, desk = scan_to_return(thing, Act(operation or uuid4(), BOB, sku), lambda: desk_bin)
    return scan, desk.back if desk else None


def take_in(thing: Any, units: int = 1, sku: str = "MUG-01") -> Return:
    """Take units in, one after the other."""
    for _ in range(units):
        scan, back = bring(thing, sku)
        assert scan.is_done, scan.sentence
    assert back is not None
    return Return.objects.get(pk=back.pk)


def decide(line: ReturnLine, outcome: Outcome, units: int = 1, into: str = "") -> Scan:
    """Say what becomes of units; `into` is the bin that is scanned."""
    return grade_by_scan(line.return_of, line.pk, outcome, Act(uuid4(), BOB, into, count=units))[0]
