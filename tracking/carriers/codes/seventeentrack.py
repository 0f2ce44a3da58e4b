"""17TRACK: `status`, and the `stage` of an event, refined by `sub_status`."""

from tracking.carriers.meaning import DETAIL, STATUS, Row, rows

STATUSES: dict[str, Row | str] = {
    "NotFound": "UNKNOWN",
    "InfoReceived": "PRE_TRANSIT",
    "InTransit": "IN_TRANSIT",
    "OutForDelivery": "OUT_FOR_DELIVERY",
    "AvailableForPickup": "AVAILABLE_FOR_PICKUP",
    "DeliveryFailure": "DELIVERY_ATTEMPT_FAILED",
    "Delivered": "DELIVERED",
    "Exception": Row("EXCEPTION", "other"),
    "Expired": "EXPIRED",
}
STAGES: dict[str, Row | str] = {  # what else an event's stage may be
    "PickedUp": Row("IN_TRANSIT", "accepted"),
    "Departure": Row("IN_TRANSIT", "departed"),
    "Arrival": Row("IN_TRANSIT", "arrived"),
    "Returning": "RETURNING_TO_SENDER",
    "Returned": "RETURNED_TO_SENDER",
}
SUB_STATUSES: dict[str, Row | str] = {
    "NotFound_Other": "UNKNOWN",
    "NotFound_InvalidCode": Row("UNKNOWN", "", True),  # the number's format is wrong
    "InfoReceived": Row("PRE_TRANSIT", "label_created"),
    "InTransit_PickedUp": Row("IN_TRANSIT", "accepted"),
    "InTransit_Other": "IN_TRANSIT",
    "InTransit_Departure": Row("IN_TRANSIT", "departed"),
    "InTransit_Arrival": Row("IN_TRANSIT", "arrived"),
    "InTransit_TransportDeparted": Row("IN_TRANSIT", "departed"),  # seen, not documented; the next one too
    "InTransit_TransportArrived": Row("IN_TRANSIT", "arrived"),
    "InTransit_CustomsProcessing": Row("IN_TRANSIT", "customs_clearance"),
    "InTransit_CustomsReleased": Row("IN_TRANSIT", "customs_released"),
    "InTransit_CustomsRequiringInformation": Row("EXCEPTION", "customs_documents", True),
    "OutForDelivery_Other": "OUT_FOR_DELIVERY",
    "AvailableForPickup_Other": "AVAILABLE_FOR_PICKUP",
    "DeliveryFailure_Other": "DELIVERY_ATTEMPT_FAILED",
    "DeliveryFailure_NoBody": Row("DELIVERY_ATTEMPT_FAILED", "recipient_unavailable"),
    "DeliveryFailure_Security": Row("DELIVERY_ATTEMPT_FAILED", "security"),
    "DeliveryFailure_Rejected": Row("DELIVERY_ATTEMPT_FAILED", "refused"),
    "DeliveryFailure_InvalidAddress": Row("DELIVERY_ATTEMPT_FAILED", "address_issue", True),
    "Delivered_Other": "DELIVERED",
    "Exception_Other": Row("EXCEPTION", "other"),
    "Exception_NoBody": Row("EXCEPTION", "recipient_unavailable"),
    "Exception_Security": Row("EXCEPTION", "security"),
    "Exception_Damage": Row("EXCEPTION", "damaged"),
    "Exception_Rejected": Row("EXCEPTION", "refused"),
    "Exception_Delayed": Row("EXCEPTION", "delayed"),
    "Exception_Returning": "RETURNING_TO_SENDER",
    "Exception_Returned": "RETURNED_TO_SENDER",
    "Exception_Lost": Row("LOST", "lost"),
    "Exception_Destroyed": Row("LOST", "destroyed"),
    "Exception_Cancel": "CANCELLED",
    "Expired_Other": "EXPIRED",
}
CODES = rows("17track", STATUS, STATUSES | STAGES) | rows("17track", DETAIL, SUB_STATUSES)
