"""What every documented word means, typed off the houses' documentation once more: nothing here is read from the code.

A line is a word, our status (`main`: the main status decides), a reason (`-`: none), `*` where somebody must act, and
`under a,b` or `not under a,b` where its status counts under some main statuses only.
"""

from typing import NamedTuple


class Line(NamedTuple):
    """A documented word, and what it means."""

    word: str
    status: str
    reason: str
    must_act: bool
    under: tuple[str, ...]
    not_under: tuple[str, ...]

    def counts(self, main: str) -> bool:
        if self.status == "main":
            return False
        return main in self.under if self.under else main not in self.not_under


def lines(text: str) -> list[Line]:
    return [_line(line) for line in text.strip().splitlines()]


def _line(text: str) -> Line:
    rule, _, other = text.partition(" not under ")
    rule, _, only = rule.partition(" under ")
    word, status, reason, *star = rule.split()
    return Line(
        word,
        status,
        "" if reason == "-" else reason,
        star == ["*"],
        tuple(filter(None, only.split(","))),
        tuple(filter(None, other.split(","))),
    )


STATUSES = {
    "easypost": lines("""
unknown UNKNOWN -
error UNKNOWN -
pre_transit PRE_TRANSIT -
in_transit IN_TRANSIT -
out_for_delivery OUT_FOR_DELIVERY -
available_for_pickup AVAILABLE_FOR_PICKUP -
delivered DELIVERED -
return_to_sender RETURNING_TO_SENDER -
failure EXCEPTION other
cancelled CANCELLED -
"""),
    "shippo": lines("""
UNKNOWN UNKNOWN -
PRE_TRANSIT PRE_TRANSIT -
TRANSIT IN_TRANSIT -
DELIVERED DELIVERED -
RETURNED RETURNING_TO_SENDER -
FAILURE EXCEPTION other
"""),
    "aftership": lines("""
Pending UNKNOWN -
InfoReceived PRE_TRANSIT -
InTransit IN_TRANSIT -
OutForDelivery OUT_FOR_DELIVERY -
AttemptFail DELIVERY_ATTEMPT_FAILED -
AvailableForPickup AVAILABLE_FOR_PICKUP -
Delivered DELIVERED -
Exception EXCEPTION other
Expired EXPIRED -
"""),
    "karrio": lines("""
unknown UNKNOWN -
pending PRE_TRANSIT -
picked_up IN_TRANSIT accepted
in_transit IN_TRANSIT -
out_for_delivery OUT_FOR_DELIVERY -
ready_for_pickup AVAILABLE_FOR_PICKUP -
on_hold EXCEPTION held
delivery_delayed EXCEPTION delayed
delivery_failed DELIVERY_ATTEMPT_FAILED -
return_to_sender RETURNING_TO_SENDER -
cancelled CANCELLED -
delivered DELIVERED -
"""),
    "17track": lines("""
NotFound UNKNOWN -
InfoReceived PRE_TRANSIT -
InTransit IN_TRANSIT -
OutForDelivery OUT_FOR_DELIVERY -
AvailableForPickup AVAILABLE_FOR_PICKUP -
DeliveryFailure DELIVERY_ATTEMPT_FAILED -
Delivered DELIVERED -
Exception EXCEPTION other
Expired EXPIRED -
PickedUp IN_TRANSIT accepted
Departure IN_TRANSIT departed
Arrival IN_TRANSIT arrived
Returning RETURNING_TO_SENDER -
Returned RETURNED_TO_SENDER -
"""),
    "shopify": lines("""
label_purchased PRE_TRANSIT label_created
label_printed PRE_TRANSIT label_created
confirmed PRE_TRANSIT -
carrier_picked_up IN_TRANSIT accepted
in_transit IN_TRANSIT -
out_for_delivery OUT_FOR_DELIVERY -
attempted_delivery DELIVERY_ATTEMPT_FAILED -
delayed EXCEPTION delayed
buyer_action_required EXCEPTION info_required *
ready_for_pickup AVAILABLE_FOR_PICKUP -
ready_for_recipient_pickup AVAILABLE_FOR_PICKUP -
picked_up DELIVERED collected
delivered DELIVERED -
returning_to_sender RETURNING_TO_SENDER -
failure EXCEPTION other
"""),
}

DETAILS = {
    "easypost": lines("""
label_created main label_created
received_at_origin_facility main accepted
transferred_to_destination_carrier main handed_over
arrived_at_facility main arrived
received_at_destination_facility main arrived
arrived_at_destination main arrived
arrived_at_pickup_location main arrived
departed_facility main departed
departed_origin_facility main departed
in_transit main -
out_for_delivery main -
status_update main -
unknown main -
delayed EXCEPTION delayed under in_transit,failure,unknown
weather_delay EXCEPTION weather_delay under in_transit,failure,unknown
missorted EXCEPTION missorted under in_transit,failure,unknown
held EXCEPTION held under in_transit,failure,unknown
awaiting_information EXCEPTION info_required * under in_transit,failure,unknown
address_correction EXCEPTION address_issue * under in_transit,failure,unknown
delivery_exception EXCEPTION other under in_transit,failure,unknown
transit_exception EXCEPTION other under in_transit,failure,unknown
failure EXCEPTION other under in_transit,failure,unknown
damaged EXCEPTION damaged under in_transit,failure,unknown
refused DELIVERY_ATTEMPT_FAILED refused under in_transit,failure
return RETURNING_TO_SENDER - not under delivered
lost LOST lost under failure,unknown
expired EXPIRED - under failure,unknown,error
cancelled CANCELLED - under failure,unknown,cancelled,pre_transit
"""),
    "shippo": lines("""
information_received main label_created
package_accepted IN_TRANSIT accepted
package_arrived IN_TRANSIT arrived
package_departed IN_TRANSIT departed
package_processed IN_TRANSIT -
package_processing IN_TRANSIT -
out_for_delivery OUT_FOR_DELIVERY -
pickup_available AVAILABLE_FOR_PICKUP - *
delivery_scheduled IN_TRANSIT scheduled
delivery_rescheduled IN_TRANSIT scheduled
package_forwarded IN_TRANSIT rerouted
delivery_attempted DELIVERY_ATTEMPT_FAILED recipient_unavailable *
notice_left DELIVERY_ATTEMPT_FAILED recipient_unavailable *
reschedule_delivery DELIVERY_ATTEMPT_FAILED recipient_unavailable *
location_inaccessible DELIVERY_ATTEMPT_FAILED access_problem *
delayed EXCEPTION delayed
address_issue EXCEPTION address_issue *
contact_carrier EXCEPTION contact_carrier *
package_held EXCEPTION held *
package_damaged EXCEPTION damaged *
delivered main -
return_to_sender RETURNING_TO_SENDER -
package_unclaimed EXCEPTION unclaimed * not under RETURNED
package_undeliverable EXCEPTION other *
package_lost LOST lost *
package_disposed LOST destroyed
other main -
"""),
    "aftership": lines("""
Pending_001 UNKNOWN -
Pending_002 UNKNOWN -
Pending_003 UNKNOWN -
Pending_004 UNKNOWN -
Pending_005 UNKNOWN -
Pending_006 UNKNOWN -
InfoReceived_001 PRE_TRANSIT label_created
InTransit_001 IN_TRANSIT -
InTransit_002 IN_TRANSIT accepted
InTransit_003 IN_TRANSIT arrived
InTransit_007 IN_TRANSIT departed
InTransit_004 IN_TRANSIT arrived
InTransit_005 IN_TRANSIT customs_released
InTransit_006 IN_TRANSIT customs_clearance
InTransit_008 IN_TRANSIT -
InTransit_009 IN_TRANSIT rerouted
OutForDelivery_001 OUT_FOR_DELIVERY -
OutForDelivery_002 AVAILABLE_FOR_PICKUP -
OutForDelivery_003 OUT_FOR_DELIVERY -
OutForDelivery_004 OUT_FOR_DELIVERY scheduled
AttemptFail_001 DELIVERY_ATTEMPT_FAILED -
AttemptFail_002 DELIVERY_ATTEMPT_FAILED recipient_unavailable
AttemptFail_003 DELIVERY_ATTEMPT_FAILED business_closed
AvailableForPickup_001 AVAILABLE_FOR_PICKUP -
Delivered_001 DELIVERED -
Delivered_002 DELIVERED collected
Delivered_003 DELIVERED signed
Delivered_004 DELIVERED -
Delivered_005 DELIVERED neighbour
Exception_001 EXCEPTION other
Exception_014 EXCEPTION other
Exception_015 EXCEPTION other
Exception_002 EXCEPTION recipient_moved
Exception_007 EXCEPTION address_issue *
Exception_003 EXCEPTION refused
Exception_009 EXCEPTION carrier_rejected
Exception_004 EXCEPTION customs_hold
Exception_018 EXCEPTION customs_documents *
Exception_005 EXCEPTION delayed
Exception_016 EXCEPTION delayed
Exception_017 EXCEPTION weather_delay
Exception_019 EXCEPTION delayed
Exception_006 EXCEPTION held_for_payment *
Exception_008 EXCEPTION unclaimed *
Exception_010 RETURNING_TO_SENDER -
Exception_011 RETURNED_TO_SENDER -
Exception_012 EXCEPTION damaged
Exception_013 LOST lost
Exception_020 CANCELLED -
Exception_021 LOST destroyed
Expired_001 EXPIRED -
"""),
    "karrio": lines("""
carrier_damaged_parcel main damaged
carrier_sorting_error main missorted
carrier_address_not_found main address_issue *
consignee_incorrect_address main address_issue *
carrier_parcel_lost LOST lost
carrier_not_enough_time main delayed
carrier_vehicle_issue main delayed
carrier_capacity_exceeded main delayed
carrier_mechanical_delay main delayed
retailer_incorrect_data main seller_issue
retailer_not_ready main seller_issue
retailer_incorrect_parcel main seller_issue
retailer_incorrect_dimensions main seller_issue
retailer_packaging_issue main seller_issue
consignee_refused main refused
consignee_cancelled main refused
consignee_business_closed main business_closed
consignee_not_available main recipient_unavailable
consignee_not_home main recipient_unavailable
consignee_verification_failed main info_required *
consignee_access_restricted main access_problem
consignee_safe_place_unavailable main access_problem
customs_delay main customs_hold
customs_inspection main customs_hold
customs_prohibited main customs_hold
customs_documentation main customs_documents *
customs_duties_unpaid main duties_unpaid *
weather_delay main weather_delay
natural_disaster main delayed
force_majeure main delayed
parcel_being_researched main researching
security_issue main security
regulatory_hold main held
unknown main -
"""),
    "17track": lines("""
NotFound_Other UNKNOWN -
NotFound_InvalidCode UNKNOWN - *
InfoReceived PRE_TRANSIT label_created
InTransit_PickedUp IN_TRANSIT accepted
InTransit_Other IN_TRANSIT -
InTransit_Departure IN_TRANSIT departed
InTransit_Arrival IN_TRANSIT arrived
InTransit_TransportDeparted IN_TRANSIT departed
InTransit_TransportArrived IN_TRANSIT arrived
InTransit_CustomsProcessing IN_TRANSIT customs_clearance
InTransit_CustomsReleased IN_TRANSIT customs_released
InTransit_CustomsRequiringInformation EXCEPTION customs_documents *
OutForDelivery_Other OUT_FOR_DELIVERY -
AvailableForPickup_Other AVAILABLE_FOR_PICKUP -
DeliveryFailure_Other DELIVERY_ATTEMPT_FAILED -
DeliveryFailure_NoBody DELIVERY_ATTEMPT_FAILED recipient_unavailable
DeliveryFailure_Security DELIVERY_ATTEMPT_FAILED security
DeliveryFailure_Rejected DELIVERY_ATTEMPT_FAILED refused
DeliveryFailure_InvalidAddress DELIVERY_ATTEMPT_FAILED address_issue *
Delivered_Other DELIVERED -
Exception_Other EXCEPTION other
Exception_NoBody EXCEPTION recipient_unavailable
Exception_Security EXCEPTION security
Exception_Damage EXCEPTION damaged
Exception_Rejected EXCEPTION refused
Exception_Delayed EXCEPTION delayed
Exception_Returning RETURNING_TO_SENDER -
Exception_Returned RETURNED_TO_SENDER -
Exception_Lost LOST lost
Exception_Destroyed LOST destroyed
Exception_Cancel CANCELLED -
Expired_Other EXPIRED -
"""),
}

EVENTS = {  # AfterShip: what a checkpoint's event adds where no reason is known
    "rerouted": "rerouted",
    "dropped_off_at_collection_point": "handed_over",
    "delivered_to_neighbor": "neighbour",
    "held_by_customs": "customs_hold",
    "misrouted": "missorted",
    "rejected_by_customer": "refused",
    "shipment_lost": "lost",
    "shipment_damaged": "damaged",
    "signed_by_customer": "signed",
    "carrier_pickup_failed": "pickup_failed",
    "redelivery_scheduled": "scheduled",
    "delivery_attempt_failed": "",
    "delivered_to_a_location": "",
    "return_to_sender_requested": "",
    "returned_to_sender": "",
    "canceled": "",
    "picked_up": "",
}
FINAL = {("shippo", "DELIVERED")}
"""Main statuses that win over any detail."""
MUST_ACT = {
    "customs_documents",
    "duties_unpaid",
    "held_for_payment",
    "address_issue",
    "info_required",
    "unclaimed",
    "contact_carrier",
}
