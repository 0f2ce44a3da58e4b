"""AfterShip: `tag`, refined by `subtag`; the codes of a checkpoint's events add a reason."""

from tracking.carriers.meaning import DETAIL, EVENT, STATUS, Row, each_of, rows

TAGS: dict[str, Row | str] = {
    "Pending": "UNKNOWN",
    "InfoReceived": "PRE_TRANSIT",
    "InTransit": "IN_TRANSIT",
    "OutForDelivery": "OUT_FOR_DELIVERY",
    "AttemptFail": "DELIVERY_ATTEMPT_FAILED",
    "AvailableForPickup": "AVAILABLE_FOR_PICKUP",
    "Delivered": "DELIVERED",
    "Exception": Row("EXCEPTION", "other"),
    "Expired": "EXPIRED",
}
SUBTAGS: dict[str, Row | str] = {
    **each_of([f"Pending_00{n}" for n in range(1, 7)], Row("UNKNOWN")),
    "InfoReceived_001": Row("PRE_TRANSIT", "label_created"),
    "InTransit_001": "IN_TRANSIT",
    "InTransit_002": Row("IN_TRANSIT", "accepted"),
    "InTransit_003": Row("IN_TRANSIT", "arrived"),
    "InTransit_004": Row("IN_TRANSIT", "arrived"),
    "InTransit_005": Row("IN_TRANSIT", "customs_released"),
    "InTransit_006": Row("IN_TRANSIT", "customs_clearance"),
    "InTransit_007": Row("IN_TRANSIT", "departed"),
    "InTransit_008": "IN_TRANSIT",  # a problem is solved
    "InTransit_009": Row("IN_TRANSIT", "rerouted"),
    "OutForDelivery_001": "OUT_FOR_DELIVERY",
    "OutForDelivery_002": "AVAILABLE_FOR_PICKUP",  # an old one
    "OutForDelivery_003": "OUT_FOR_DELIVERY",  # the customer was contacted
    "OutForDelivery_004": Row("OUT_FOR_DELIVERY", "scheduled"),
    "AttemptFail_001": "DELIVERY_ATTEMPT_FAILED",
    "AttemptFail_002": Row("DELIVERY_ATTEMPT_FAILED", "recipient_unavailable"),
    "AttemptFail_003": Row("DELIVERY_ATTEMPT_FAILED", "business_closed"),
    "AvailableForPickup_001": "AVAILABLE_FOR_PICKUP",
    "Delivered_001": "DELIVERED",
    "Delivered_002": Row("DELIVERED", "collected"),
    "Delivered_003": Row("DELIVERED", "signed"),
    "Delivered_004": "DELIVERED",  # paid on delivery
    "Delivered_005": Row("DELIVERED", "neighbour"),
    **each_of(("Exception_001", "Exception_014", "Exception_015"), Row("EXCEPTION", "other")),
    "Exception_002": Row("EXCEPTION", "recipient_moved"),
    "Exception_003": Row("EXCEPTION", "refused"),
    "Exception_004": Row("EXCEPTION", "customs_hold"),
    **each_of(("Exception_005", "Exception_016", "Exception_019"), Row("EXCEPTION", "delayed")),
    "Exception_006": Row("EXCEPTION", "held_for_payment", True),
    "Exception_007": Row("EXCEPTION", "address_issue", True),
    "Exception_008": Row("EXCEPTION", "unclaimed", True),
    "Exception_009": Row("EXCEPTION", "carrier_rejected"),
    "Exception_010": "RETURNING_TO_SENDER",
    "Exception_011": "RETURNED_TO_SENDER",
    "Exception_012": Row("EXCEPTION", "damaged"),
    "Exception_013": Row("LOST", "lost"),
    "Exception_017": Row("EXCEPTION", "weather_delay"),
    "Exception_018": Row("EXCEPTION", "customs_documents", True),
    "Exception_020": "CANCELLED",
    "Exception_021": Row("LOST", "destroyed"),
    "Expired_001": "EXPIRED",
}
EVENTS: dict[str, Row | str] = {
    "rerouted": Row("", "rerouted"),
    "dropped_off_at_collection_point": Row("", "handed_over"),
    "delivered_to_neighbor": Row("", "neighbour"),
    "held_by_customs": Row("", "customs_hold"),
    "misrouted": Row("", "missorted"),
    "rejected_by_customer": Row("", "refused"),
    "shipment_lost": Row("", "lost"),
    "shipment_damaged": Row("", "damaged"),
    "signed_by_customer": Row("", "signed"),
    "carrier_pickup_failed": Row("", "pickup_failed"),
    "redelivery_scheduled": Row("", "scheduled"),
    **each_of(
        (
            "delivery_attempt_failed",
            "delivered_to_a_location",
            "return_to_sender_requested",
            "returned_to_sender",
            "canceled",
            "picked_up",
        ),
        Row(),
    ),
}
CODES = rows("aftership", STATUS, TAGS) | rows("aftership", DETAIL, SUBTAGS) | rows("aftership", EVENT, EVENTS)
