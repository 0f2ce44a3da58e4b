"""Shopify: the status of a fulfilment event, and `shipment_status`; `fulfillment.status` tells of the request alone."""

from tracking.carriers.meaning import STATUS, Row, each_of, rows

STATUSES: dict[str, Row | str] = {
    **each_of(("label_purchased", "label_printed"), Row("PRE_TRANSIT", "label_created")),
    "confirmed": "PRE_TRANSIT",  # its default too, when nothing is known
    "carrier_picked_up": Row("IN_TRANSIT", "accepted"),
    "in_transit": "IN_TRANSIT",
    "out_for_delivery": "OUT_FOR_DELIVERY",
    "attempted_delivery": "DELIVERY_ATTEMPT_FAILED",
    "delayed": Row("EXCEPTION", "delayed"),
    "buyer_action_required": Row("EXCEPTION", "info_required", True),
    **each_of(("ready_for_pickup", "ready_for_recipient_pickup"), Row("AVAILABLE_FOR_PICKUP")),
    "picked_up": Row("DELIVERED", "collected"),  # by the customer
    "delivered": "DELIVERED",
    "returning_to_sender": "RETURNING_TO_SENDER",
    "failure": Row("EXCEPTION", "other"),
}
CODES = rows("shopify", STATUS, STATUSES)
