"""Karrio: `status`; the reason of an event refines the reason, and the status only where it says so."""

from tracking.carriers.meaning import DETAIL, STATUS, UNSEEN, Row, each_of, rows

STATUSES: dict[str, Row | str] = {
    "unknown": "UNKNOWN",  # a tracker that was retired after 90 days, too
    "pending": "PRE_TRANSIT",
    "picked_up": Row("IN_TRANSIT", "accepted"),
    "in_transit": "IN_TRANSIT",
    "out_for_delivery": "OUT_FOR_DELIVERY",
    "ready_for_pickup": "AVAILABLE_FOR_PICKUP",
    "on_hold": Row("EXCEPTION", "held"),
    "delivery_delayed": Row("EXCEPTION", "delayed"),
    "delivery_failed": "DELIVERY_ATTEMPT_FAILED",
    "return_to_sender": "RETURNING_TO_SENDER",
    "cancelled": "CANCELLED",
    "delivered": "DELIVERED",
}
REASONS: dict[str, Row | str] = {
    "carrier_damaged_parcel": Row("", "damaged"),
    "carrier_sorting_error": Row("", "missorted"),
    "carrier_address_not_found": Row("", "address_issue"),
    "consignee_incorrect_address": Row("", "address_issue", True),
    "carrier_parcel_lost": Row("LOST", "lost"),
    **each_of(
        (
            "carrier_not_enough_time",
            "carrier_vehicle_issue",
            "carrier_capacity_exceeded",
            "carrier_mechanical_delay",
            "natural_disaster",
            "force_majeure",
        ),
        Row("", "delayed"),
    ),
    "retailer_cancelled": Row("CANCELLED", "seller_issue", when=(UNSEEN,)),
    **each_of(
        (
            "retailer_incorrect_data",
            "retailer_not_ready",
            "retailer_incorrect_parcel",
            "retailer_incorrect_dimensions",
            "retailer_packaging_issue",
        ),
        Row("", "seller_issue"),
    ),
    **each_of(("consignee_refused", "consignee_cancelled"), Row("", "refused")),
    "consignee_business_closed": Row("", "business_closed"),
    **each_of(("consignee_not_available", "consignee_not_home"), Row("", "recipient_unavailable")),
    "consignee_verification_failed": Row("", "info_required", True),
    **each_of(("consignee_access_restricted", "consignee_safe_place_unavailable"), Row("", "access_problem")),
    **each_of(("customs_delay", "customs_inspection", "customs_prohibited"), Row("", "customs_hold")),
    "customs_documentation": Row("", "customs_documents", True),
    "customs_duties_unpaid": Row("", "duties_unpaid", True),
    "weather_delay": Row("", "weather_delay"),
    "parcel_being_researched": Row("", "researching"),
    "security_issue": Row("", "security"),
    "regulatory_hold": Row("", "held"),
    "unknown": Row(),
}
CODES = rows("karrio", STATUS, STATUSES) | rows("karrio", DETAIL, REASONS)
