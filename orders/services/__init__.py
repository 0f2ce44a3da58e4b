"""What can be done with an order before the warehouse has to know."""

from orders.services.catalog import save_products
from orders.services.delay import record_delays
from orders.services.endpoints import (
    ChannelNeeded,
    NoSecondSignature,
    UnknownProvider,
    WeakSecret,
    believe_second_signature,
    close_endpoint,
    forget_old_secrets,
    open_endpoint,
    reopen_endpoint,
    rotate_secret,
    rotate_token,
)
from orders.services.forget import forget_old_keys
from orders.services.hold import hold_order, lift_due_holds, release_order
from orders.services.keys import issue_key, revoke_key
from orders.services.note import note_order
from orders.services.place import AlreadyPlaced, InvalidOrder, Placed, place_order, place_orders
from orders.services.product_file import import_products
from orders.services.quarantine import NotQuarantined, Outcome, Verdict
from orders.services.receive import keep_answer, receive_delivery
from orders.services.transit import MethodTransit, keep_transits

__all__ = [
    "AlreadyPlaced",
    "ChannelNeeded",
    "InvalidOrder",
    "MethodTransit",
    "NoSecondSignature",
    "NotQuarantined",
    "Outcome",
    "Placed",
    "UnknownProvider",
    "Verdict",
    "WeakSecret",
    "believe_second_signature",
    "close_endpoint",
    "forget_old_keys",
    "forget_old_secrets",
    "hold_order",
    "import_products",
    "issue_key",
    "keep_answer",
    "keep_transits",
    "lift_due_holds",
    "note_order",
    "open_endpoint",
    "place_order",
    "place_orders",
    "receive_delivery",
    "record_delays",
    "release_order",
    "reopen_endpoint",
    "revoke_key",
    "rotate_secret",
    "rotate_token",
    "save_products",
]
