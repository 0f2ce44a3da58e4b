"""Why shipments cannot be split or merged by hand: they are begun, walked for, or do not go together."""

from typing import TYPE_CHECKING

from fulfillment.blockers.shipment import SHIPMENT_STATE
from orders.blockers import Reason

if TYPE_CHECKING:
    from fulfillment.models.shipment import Shipment

UNPICKED = {"PLANNED", "READY"}


def split_reasons(shipment: "Shipment") -> list[Reason]:
    """Say why nothing can be split off this shipment now."""
    if found := _begun(shipment, "be split"):
        return found
    if shipment.status == "PLANNED" and shipment.order.is_ship_complete:
        return [Reason("all_at_once", "The order goes all at once: what waits of it stays together.", "nobody")]
    if sum(line.quantity for line in shipment.lines.all()) < 2:  # noqa: PLR2004
        return [Reason("one_unit", "There is one unit in it: nothing to split.", "nobody")]
    return []


def merge_reasons(target: "Shipment", source: "Shipment") -> list[Reason]:
    """Say why all of `source` cannot go with `target` now."""
    if target.pk == source.pk or target.order_id != source.order_id:
        return [Reason("not_together", f"{source.number} is no other shipment of the same order.", "nobody")]
    if found := _begun(target, "be merged") or _begun(source, "be merged"):
        return found
    if target.status != source.status:
        sentence = f"{target.number} is {_state(target)} and {source.number} {_state(source)}: they do not go together."
        return [Reason("not_alike", sentence, "nobody")]
    if target.warehouse_id != source.warehouse_id:
        sentence = f"{target.number} and {source.number} are in two warehouses: they do not go together."
        return [Reason("two_warehouses", sentence, "nobody")]
    return []


def merge_into_reasons(shipment: "Shipment") -> list[Reason]:
    """Say why no other shipment of the order can go with this one now."""
    if found := _begun(shipment, "be merged"):
        return found
    if any(not merge_reasons(shipment, other) for other in shipment.order.shipments.all()):
        return []
    return [Reason("nothing_to_merge", "No other shipment of the order can go with it.", "nobody")]


def _begun(shipment: "Shipment", verb: str) -> list[Reason]:
    if shipment.status not in UNPICKED:
        return [Reason("wrong_status", f"The shipment is {_state(shipment)}, so it cannot {verb}.", "nobody")]
    slot = getattr(shipment, "slot", None)
    if slot and slot.cart.tasks.held().filter(shipment_line__shipment=shipment.pk).exists():
        sentence = f"{shipment.number} is on {slot.cart}, and somebody walks for it: wait, or free the cart."
        return [Reason("on_cart", sentence, "warehouse")]
    return []


def _state(shipment: "Shipment") -> str:
    return SHIPMENT_STATE[shipment.status]
