"""Balances and bins follow from the movements: the database itself writes them with every entry, on both engines.

So an entry without its balance cannot be, and `post` is one statement. The item is locked by who posts. With what is
picked and what is shipped the lines go on as well: an entry's `cause` is the number of their shipment. PostgreSQL
writes balances and bins once for all entries of a statement.
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


def _ends(end: str, sign: str) -> str:
    """Select what came to, or went from, one end of the fresh entries."""
    return (
        f"SELECT i.product_id, f.{end} AS bin_id, f.lot, {sign}f.quantity AS units FROM fresh AS f "  # noqa: S608
        f"JOIN fulfillment_stockitem AS i ON i.id = f.stock_item_id WHERE f.{end} IS NOT NULL"
    )


_MOVED = f"({_ends('from_bin_id', '-')} UNION ALL {_ends('to_bin_id', '')}) AS e"
_THERE = "s.product_id = e.product_id AND s.bin_id = e.bin_id AND s.lot = e.lot"
_BALANCES = (
    "UPDATE fulfillment_stockitem AS i SET on_hand = i.on_hand + e.on_hand, reserved = i.reserved + e.reserved, "
    "blocked = i.blocked + e.blocked FROM (SELECT stock_item_id, SUM(on_hand_delta) AS on_hand, "
    "SUM(reserved_delta) AS reserved, SUM(blocked_delta) AS blocked FROM fresh "
    "WHERE on_hand_delta <> 0 OR reserved_delta <> 0 OR blocked_delta <> 0 GROUP BY stock_item_id) AS e "
    "WHERE i.id = e.stock_item_id"
)
_ROOMS = (
    "INSERT INTO fulfillment_binstock (product_id, bin_id, lot, quantity, version) "  # noqa: S608
    f"SELECT DISTINCT e.product_id, e.bin_id, e.lot, 0, 0 FROM {_MOVED} "
    f"WHERE NOT EXISTS (SELECT 1 FROM fulfillment_binstock AS s WHERE {_THERE}) ON CONFLICT DO NOTHING"
)
_CHANGES = (
    "UPDATE fulfillment_binstock AS s SET quantity = s.quantity + e.units, version = s.version + e.touched FROM "  # noqa: S608
    "(SELECT e.product_id, e.bin_id, e.lot, SUM(e.units) AS units, COUNT(*) AS touched "
    f"FROM {_MOVED} GROUP BY e.product_id, e.bin_id, e.lot) AS e WHERE {_THERE}"
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
    Follow(
        [_BALANCE, _ROOM, _change("from_bin_id", "-"), _change("to_bin_id", "+")],
        at_once=[_BALANCES, _ROOMS, _CHANGES],
    ),
    Follow([_PICKED, _go_on("reserved", "picked")], "NEW.kind = 'PICK'"),
    Follow([_USED_UP, _go_on("packed", "shipped")], "NEW.kind = 'SHIP'"),
]
