"""Shippo: `status`, refined by the sub-status; DELIVERED wins over any of them."""

from tracking.carriers.meaning import DETAIL, STATUS, Row, each_of, rows

STATUSES: dict[str, Row | str] = {
    "UNKNOWN": "UNKNOWN",
    "PRE_TRANSIT": "PRE_TRANSIT",
    "TRANSIT": "IN_TRANSIT",
    "DELIVERED": Row("DELIVERED", is_final=True),
    "RETURNED": "RETURNING_TO_SENDER",  # on the way back, or back: the source does not tell
    "FAILURE": Row("EXCEPTION", "other"),
}
DETAILS: dict[str, Row | str] = {
    "information_received": Row("", "label_created"),
    "package_accepted": Row("IN_TRANSIT", "accepted"),
    "package_arrived": Row("IN_TRANSIT", "arrived"),
    "package_departed": Row("IN_TRANSIT", "departed"),
    **each_of(("package_processed", "package_processing"), Row("IN_TRANSIT")),
    "out_for_delivery": "OUT_FOR_DELIVERY",
    "pickup_available": Row("AVAILABLE_FOR_PICKUP", "", True),
    **each_of(("delivery_scheduled", "delivery_rescheduled"), Row("IN_TRANSIT", "scheduled")),
    "package_forwarded": Row("IN_TRANSIT", "rerouted"),
    **each_of(
        ("delivery_attempted", "notice_left", "reschedule_delivery"),
        Row("DELIVERY_ATTEMPT_FAILED", "recipient_unavailable", True),
    ),
    "location_inaccessible": Row("DELIVERY_ATTEMPT_FAILED", "access_problem", True),
    "delayed": Row("EXCEPTION", "delayed"),
    "address_issue": Row("EXCEPTION", "address_issue", True),
    "contact_carrier": Row("EXCEPTION", "contact_carrier", True),
    "package_held": Row("EXCEPTION", "held", True),
    "package_damaged": Row("EXCEPTION", "damaged", True),
    "delivered": Row(),
    "return_to_sender": "RETURNING_TO_SENDER",
    "package_unclaimed": Row(
        "EXCEPTION", "unclaimed", True, when=("unknown", "pre_transit", "transit", "failure")
    ),  # under RETURNED it is on its way back
    "package_undeliverable": Row("EXCEPTION", "other", True),
    "package_lost": Row("LOST", "lost", True),
    "package_disposed": Row("LOST", "destroyed"),
    "other": Row(),
}
CODES = rows("shippo", STATUS, STATUSES) | rows("shippo", DETAIL, DETAILS)
