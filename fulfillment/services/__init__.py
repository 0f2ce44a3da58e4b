"""What the warehouse does, each in one transaction; whoever calls has authorised it."""

from fulfillment.services.accept import accept_order, accept_orders
from fulfillment.services.allocate import allocate_order, allocate_waiting
from fulfillment.services.cancel import cancel_order
from fulfillment.services.claims import NoCartLeft, NotYourCart, claim_cart, give_up, hand_over, single_for, take_cart
from fulfillment.services.fetch import Moved
from fulfillment.services.find_to_pack import find_to_pack
from fulfillment.services.loading import close_manifest, load_all, scan_to_load, unload
from fulfillment.services.moves import scan_to_move
from fulfillment.services.order_file import OrderFile, import_orders
from fulfillment.services.pack import pack_shipment
from fulfillment.services.pick import pick_shipment
from fulfillment.services.receipts import (
    ReceiptClosed,
    ReceiptKnown,
    close_receipt,
    expect_receipt,
    reopen_receipt,
)
from fulfillment.services.regroup import merge_shipments, split_shipment
from fulfillment.services.reships import (
    UnknownContents,
    decline_reship,
    propose_reship,
    send_again,
    withdraw_reship,
)
from fulfillment.services.retry import NoReader, retry_inbox
from fulfillment.services.scan_cart import scan_on_cart
from fulfillment.services.scan_count import finish_sheet, scan_to_count
from fulfillment.services.scan_pack import close_box, pack_without_scanning, scan_to_pack
from fulfillment.services.scan_pick import pick_without_scanning, scan_to_pick
from fulfillment.services.scan_receive import scan_to_close, scan_to_receive
from fulfillment.services.scan_ship import scan_to_ship
from fulfillment.services.scanned import Act
from fulfillment.services.set_back import set_back
from fulfillment.services.ship import ParcelDraft, ship_shipment
from fulfillment.services.short import short_pick, short_stop
from fulfillment.services.stock import UnknownStock, adjust_stock, look_up_stock, receive_stock
from fulfillment.services.stock_file import StockFile, import_stock, read_stock
from fulfillment.services.switch import (
    BadgeTaken,
    by_badge,
    by_pin,
    give_badge,
    give_pin,
    is_badge,
    new_badge,
    take_back,
)
from fulfillment.services.travel import deliver_shipment, find_shipment, lose_shipment, return_shipment
from fulfillment.services.undo import undo_pick, undo_scan
from fulfillment.services.undo_booking import undo_booking, undo_latest
from fulfillment.services.walks import Walk, find_walk, read_walk
from fulfillment.services.waves import NothingToRelease, release_wave

__all__ = [
    "Act",
    "BadgeTaken",
    "Moved",
    "NoCartLeft",
    "NoReader",
    "NotYourCart",
    "NothingToRelease",
    "OrderFile",
    "ParcelDraft",
    "ReceiptClosed",
    "ReceiptKnown",
    "StockFile",
    "UnknownContents",
    "UnknownStock",
    "Walk",
    "accept_order",
    "accept_orders",
    "adjust_stock",
    "allocate_order",
    "allocate_waiting",
    "by_badge",
    "by_pin",
    "cancel_order",
    "claim_cart",
    "close_box",
    "close_manifest",
    "close_receipt",
    "decline_reship",
    "deliver_shipment",
    "expect_receipt",
    "find_shipment",
    "find_to_pack",
    "find_walk",
    "finish_sheet",
    "give_badge",
    "give_pin",
    "give_up",
    "hand_over",
    "import_orders",
    "import_stock",
    "is_badge",
    "load_all",
    "look_up_stock",
    "lose_shipment",
    "merge_shipments",
    "new_badge",
    "pack_shipment",
    "pack_without_scanning",
    "pick_shipment",
    "pick_without_scanning",
    "propose_reship",
    "read_stock",
    "read_walk",
    "receive_stock",
    "release_wave",
    "reopen_receipt",
    "retry_inbox",
    "return_shipment",
    "scan_on_cart",
    "scan_to_close",
    "scan_to_count",
    "scan_to_load",
    "scan_to_move",
    "scan_to_pack",
    "scan_to_pick",
    "scan_to_receive",
    "scan_to_ship",
    "send_again",
    "set_back",
    "ship_shipment",
    "short_pick",
    "short_stop",
    "single_for",
    "split_shipment",
    "take_back",
    "take_cart",
    "undo_booking",
    "undo_latest",
    "undo_pick",
    "undo_scan",
    "unload",
    "withdraw_reship",
]
