"""The only writer of stock: balances, bins, reservations, and where the units of a line are.

Every act posts movements; balances are written from them alone, in `posting`. `verify` computes all of it again.
Lock order: Order, Shipment, StockItem (by primary key), PickTask (by primary key); the bins of an item are safe behind
the item's lock. What stands before an order is locked before it: a warehouse, a delivery, a count.
"""

from fulfillment.ledger.outbound import (
    Share,
    Take,
    Units,
    Wish,
    book,
    cancel,
    deliver,
    lock_kept,
    pack,
    pick,
    reserve,
    share_out,
    ship,
    unpick,
    unreserve,
)
from fulfillment.ledger.places import Place, Stop, lines_to_walk, pick_places, places_in, walk
from fulfillment.ledger.posting import NotEnoughStock
from fulfillment.ledger.regroup import hand_on, regroup, set_aside
from fulfillment.ledger.shelf import SCRAPPED, Shelf, lock_shelf, moves_since, shelf_of
from fulfillment.ledger.stock import adjust, move, open_warehouse, receive, standing_bin
from fulfillment.ledger.taking import make_room, take
from fulfillment.ledger.verify import verify
from orders.lifecycle import AlreadyApplied

__all__ = [
    "SCRAPPED",
    "AlreadyApplied",
    "NotEnoughStock",
    "Place",
    "Share",
    "Shelf",
    "Stop",
    "Take",
    "Units",
    "Wish",
    "adjust",
    "book",
    "cancel",
    "deliver",
    "hand_on",
    "lines_to_walk",
    "lock_kept",
    "lock_shelf",
    "make_room",
    "move",
    "moves_since",
    "open_warehouse",
    "pack",
    "pick",
    "pick_places",
    "places_in",
    "receive",
    "regroup",
    "reserve",
    "set_aside",
    "share_out",
    "shelf_of",
    "ship",
    "standing_bin",
    "take",
    "unpick",
    "unreserve",
    "verify",
    "walk",
]
