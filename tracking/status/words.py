"""The canonical words: statuses and reasons of a parcel (the same as `tracking.models.Status`; a test compares)."""

UNKNOWN = "UNKNOWN"
PRE_TRANSIT = "PRE_TRANSIT"
IN_TRANSIT = "IN_TRANSIT"
EXCEPTION = "EXCEPTION"
OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
DELIVERY_ATTEMPT_FAILED = "DELIVERY_ATTEMPT_FAILED"
AVAILABLE_FOR_PICKUP = "AVAILABLE_FOR_PICKUP"
RETURNING_TO_SENDER = "RETURNING_TO_SENDER"
DELIVERED = "DELIVERED"
RETURNED_TO_SENDER = "RETURNED_TO_SENDER"
LOST = "LOST"
EXPIRED = "EXPIRED"
CANCELLED = "CANCELLED"

RANK = {
    UNKNOWN: 0,
    PRE_TRANSIT: 10,
    IN_TRANSIT: 20,
    EXCEPTION: 30,
    OUT_FOR_DELIVERY: 40,
    DELIVERY_ATTEMPT_FAILED: 42,
    AVAILABLE_FOR_PICKUP: 45,
    RETURNING_TO_SENDER: 60,
    LOST: 90,
    EXPIRED: 90,
    CANCELLED: 90,
    DELIVERED: 100,
    RETURNED_TO_SENDER: 100,
}
"""Breaks ties of scans of one instant; it does not say which status wins."""

SOFT = frozenset({LOST, EXPIRED, CANCELLED})
"""Said of a parcel that nobody sees; the next physical scan takes it back."""

NOT_PHYSICAL = frozenset({"", UNKNOWN, PRE_TRANSIT}) | SOFT
NOT_IN_HAND = frozenset({"pickup_failed", "seller_issue"})
"""Reasons of an exception that arises before the carrier has the parcel."""

IN_HAND = {
    "accepted": IN_TRANSIT,
    "departed": IN_TRANSIT,
    "arrived": IN_TRANSIT,
    "customs_clearance": IN_TRANSIT,
    "customs_released": IN_TRANSIT,
    "rerouted": IN_TRANSIT,
    "scheduled": IN_TRANSIT,
    "handed_over": IN_TRANSIT,
    "delivery_today": OUT_FOR_DELIVERY,
    "collected": DELIVERED,
    "neighbour": DELIVERED,
    "signed": DELIVERED,
    "safe_place": DELIVERED,
}
TROUBLE = {
    **dict.fromkeys(
        (
            "delayed",
            "weather_delay",
            "customs_hold",
            "customs_documents",
            "duties_unpaid",
            "held",
            "held_for_payment",
            "address_issue",
            "recipient_moved",
            "damaged",
            "missorted",
            "unclaimed",
            "security",
            "carrier_rejected",
            "info_required",
            "pickup_failed",
            "seller_issue",
            "contact_carrier",
            "researching",
            "other",
        ),
        EXCEPTION,
    ),
    "recipient_unavailable": DELIVERY_ATTEMPT_FAILED,
    "business_closed": DELIVERY_ATTEMPT_FAILED,
    "refused": DELIVERY_ATTEMPT_FAILED,
    "access_problem": DELIVERY_ATTEMPT_FAILED,
    "lost": LOST,
    "destroyed": LOST,
}
REASONS = {"label_created": PRE_TRANSIT, **IN_HAND, **TROUBLE}
"""Each reason, and the status it goes with where a source gives nothing else."""


def fits(status: str, reason: str) -> bool:
    """Say whether a person may name both together: what arrived is not lost, and what is held up did not arrive."""
    own = REASONS.get(reason, status)
    return own == status or (own not in {LOST, DELIVERED} and not (reason in TROUBLE and status == DELIVERED))


ACT = frozenset(
    {
        "customs_documents",
        "duties_unpaid",
        "held_for_payment",
        "address_issue",
        "info_required",
        "unclaimed",
        "contact_carrier",
    }
)
"""Reasons for which a person must act, or the parcel goes back."""
