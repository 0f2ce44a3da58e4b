"""EasyPost: `status`, refined by `status_detail`."""

from tracking.carriers.meaning import DETAIL, STATUS, Row, each_of, rows

STUCK = ("in_transit", "failure", "unknown")

STATUSES: dict[str, Row | str] = {
    "unknown": "UNKNOWN",
    "error": "UNKNOWN",  # the carrier's answer failed
    "pre_transit": "PRE_TRANSIT",
    "in_transit": "IN_TRANSIT",
    "out_for_delivery": "OUT_FOR_DELIVERY",
    "available_for_pickup": "AVAILABLE_FOR_PICKUP",
    "delivered": "DELIVERED",
    "return_to_sender": "RETURNING_TO_SENDER",  # the end of a return is not told apart
    "failure": Row("EXCEPTION", "other"),
    "cancelled": "CANCELLED",
}
DETAILS: dict[str, Row | str] = {
    "label_created": Row("", "label_created"),
    "received_at_origin_facility": Row("", "accepted"),
    "transferred_to_destination_carrier": Row("", "handed_over"),
    "arrived_at_facility": Row("", "arrived"),
    "received_at_destination_facility": Row("", "arrived"),
    "arrived_at_destination": Row("", "arrived"),
    "arrived_at_pickup_location": Row("", "arrived"),
    "departed_facility": Row("", "departed"),
    "departed_origin_facility": Row("", "departed"),
    **each_of(("in_transit", "out_for_delivery", "status_update", "unknown"), Row()),
    "delayed": Row("EXCEPTION", "delayed", when=STUCK),
    "weather_delay": Row("EXCEPTION", "weather_delay", when=STUCK),
    "missorted": Row("EXCEPTION", "missorted", when=STUCK),
    "held": Row("EXCEPTION", "held", when=STUCK),
    "awaiting_information": Row("EXCEPTION", "info_required", True, when=STUCK),
    "address_correction": Row("EXCEPTION", "address_issue", when=STUCK),
    "delivery_exception": Row("EXCEPTION", "other", when=STUCK),
    "transit_exception": Row("EXCEPTION", "other", when=STUCK),
    "failure": Row("EXCEPTION", "other", when=STUCK),
    "damaged": Row("EXCEPTION", "damaged", when=STUCK),
    "refused": Row("DELIVERY_ATTEMPT_FAILED", "refused", when=("in_transit", "failure")),
    "return": Row("RETURNING_TO_SENDER", when=tuple(status for status in STATUSES if status != "delivered")),
    "lost": Row("LOST", "lost", when=("failure", "unknown")),
    "expired": Row("EXPIRED", when=("failure", "unknown", "error")),
    "cancelled": Row("CANCELLED", when=("failure", "unknown", "cancelled", "pre_transit")),
}
CODES = rows("easypost", STATUS, STATUSES) | rows("easypost", DETAIL, DETAILS)
