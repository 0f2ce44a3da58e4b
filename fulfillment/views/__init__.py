"""The floor: one task a screen, for a scanner in one hand. Views call one service; what is right or wrong it says."""

from fulfillment.views.cart import cart, leave, take
from fulfillment.views.count import count, counts
from fulfillment.views.entry import entry, open_shipment
from fulfillment.views.find import find
from fulfillment.views.look_up import look_up
from fulfillment.views.manifest import manifest, manifests
from fulfillment.views.move import move
from fulfillment.views.pack import pack
from fulfillment.views.person import switch
from fulfillment.views.pick import pick
from fulfillment.views.put_away import put_away
from fulfillment.views.receive import close, receive
from fulfillment.views.returns import return_sheet, returns
from fulfillment.views.ship import ship
from fulfillment.views.station import station
from fulfillment.views.undo import undo
from fulfillment.views.waves import next_cart, waves

__all__ = [
    "cart",
    "close",
    "count",
    "counts",
    "entry",
    "find",
    "leave",
    "look_up",
    "manifest",
    "manifests",
    "move",
    "next_cart",
    "open_shipment",
    "pack",
    "pick",
    "put_away",
    "receive",
    "return_sheet",
    "returns",
    "ship",
    "station",
    "switch",
    "take",
    "undo",
    "waves",
]
