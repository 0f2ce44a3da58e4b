"""Taking units of one line from one bin, as `pick` does, in the fewest statements: somebody waits for the answer."""

from collections.abc import Iterable
from uuid import uuid4

from fulfillment.ledger.posting import NotEnoughStock, post
from fulfillment.ledger.stock import STAGE
from fulfillment.models import Bin, BinStock, ShipmentLine, StockItem, StockMovement
from orders.models import Actor


def make_room(warehouse_id: int, product_ids: Iterable[int]) -> None:
    """Let products be known at the packing station before the first of their units comes there."""
    stage = Bin.objects.get(warehouse=warehouse_id, code=STAGE)
    rows = [BinStock(product_id=product, bin=stage) for product in sorted(set(product_ids))]
    BinStock.objects.bulk_create(rows, ignore_conflicts=True)


def take(line: ShipmentLine, item: StockItem, units: int, source: Bin, stage_id: int, *, by: Actor) -> None:
    """Bring units from a bin to the packing station. The line's shipment, the line and its stock item are locked.

    Raises NotEnoughStock where the books know of fewer in that bin.
    """
    entry = StockMovement(
        operation=str(uuid4()),
        n=0,
        kind=StockMovement.Kind.PICK,
        stock_item=item,
        quantity=units,
        order_line_id=line.order_line_id,
        from_bin=source,
        to_bin_id=stage_id,
        cause=str(line.shipment),
        by=str(by),
    )
    try:
        post([entry])
    except NotEnoughStock as fewer:
        lack = NotEnoughStock(f"The books know of fewer in {source}: say that it is short.")
        raise lack.of(item, source) from fewer
