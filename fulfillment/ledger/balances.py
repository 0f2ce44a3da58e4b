"""Balances and bins follow from the movements: the database itself writes them with every entry, on both engines.

So an entry without its balance cannot be, and `post` is one statement. The item is locked by who posts. With what is
picked and what is shipped the lines go on as well: an entry's `cause` is the number of their shipment.
"""

from orders.models.append_only import Follow

_PRODUCT = "(SELECT product_id FROM fulfillment_stockitem WHERE id = NEW.stock_item_id)"
_LYING = "SELECT 1 FROM fulfillment_binstock AS s WHERE s.product_id = i.product_id AND s.bin_id = b.id"


def _change(end: str, sign: str) -> str:
    """Say that units came to or went from one end of a movement; `version` counts what touched the bin."""
    return (
        f"UPDATE fulfillment_binstock SET quantity = quantity {sign} NEW.quantity, version = version + 1 "  # noqa: S608
        f"WHERE product_id = {_PRODUCT} AND bin_id = NEW.{end} AND lot = NEW.lot"
    )


_BALANCE = (
    "UPDATE fulfillment_stockitem SET on_hand = on_hand + NEW.on_hand_delta, "
    "reserved = reserved + NEW.reserved_delta, blocked = blocked + NEW.blocked_delta WHERE id = NEW.stock_item_id "
    "AND (NEW.on_hand_delta <> 0 OR NEW.reserved_delta <> 0 OR NEW.blocked_delta <> 0)"
)
_ROOM = (  # for what never lay in a bin before
    "INSERT INTO fulfillment_binstock (product_id, bin_id, lot, quantity, version) "  # noqa: S608
    "SELECT i.product_id, b.id, NEW.lot, 0, 0 FROM fulfillment_stockitem AS i CROSS JOIN fulfillment_bin AS b "
    "WHERE i.id = NEW.stock_item_id AND b.id IN (NEW.from_bin_id, NEW.to_bin_id) "
    f"AND NOT EXISTS ({_LYING} AND s.lot = NEW.lot) ON CONFLICT DO NOTHING"
)
_LINES = (
    "SELECT l.id FROM fulfillment_shipmentline AS l INNER JOIN fulfillment_shipment AS s ON s.id = l.shipment_id "
    "WHERE l.order_line_id = NEW.order_line_id AND s.number = NEW.cause"
)


def _go_on(source: str, target: str) -> str:
    """Say that units of the order's line go on from one stage to another."""
    return (
        f"UPDATE orders_orderline SET {source} = {source} - NEW.quantity, {target} = {target} + NEW.quantity "  # noqa: S608
        "WHERE id = NEW.order_line_id"
    )


_PICKED = f"UPDATE fulfillment_shipmentline SET picked = picked + NEW.quantity WHERE id IN ({_LINES})"  # noqa: S608
_USED_UP = (
    "UPDATE fulfillment_reservation SET status = 'SHIPPED' WHERE stock_item_id = NEW.stock_item_id "  # noqa: S608
    f"AND status = 'OPEN' AND shipment_line_id IN ({_LINES})"
)
FOLLOWS = [
    Follow([_BALANCE, _ROOM, _change("from_bin_id", "-"), _change("to_bin_id", "+")]),
    Follow([_PICKED, _go_on("reserved", "picked")], "NEW.kind = 'PICK'"),
    Follow([_USED_UP, _go_on("packed", "shipped")], "NEW.kind = 'SHIP'"),
]
