"""The words for what can happen: tables and nothing else. Carrier and shop are filled in by `say`."""

from tracking.models.tracker import Status

SILENT = "SILENT"
"""What only travels, and has not been seen for so long that the board has it."""
ATTENTION: tuple[str, ...] = (  # of several parcels the headline speaks of the one that needs most to be known
    Status.LOST,
    Status.CANCELLED,
    Status.RETURNED_TO_SENDER,
    Status.RETURNING_TO_SENDER,
    Status.DELIVERY_ATTEMPT_FAILED,
    Status.EXCEPTION,
    Status.AVAILABLE_FOR_PICKUP,
    Status.EXPIRED,
    SILENT,
    Status.OUT_FOR_DELIVERY,
    Status.IN_TRANSIT,
    Status.PRE_TRANSIT,
    Status.UNKNOWN,
    Status.DELIVERED,
)
ROUTINE = frozenset({Status.IN_TRANSIT, Status.PRE_TRANSIT, Status.UNKNOWN})
TRAVELS = ROUTINE | {Status.OUT_FOR_DELIVERY}
COMING = TRAVELS | {Status.EXCEPTION, Status.DELIVERY_ATTEMPT_FAILED}
COMES_NO_MORE = frozenset({Status.DELIVERED, Status.RETURNING_TO_SENDER, Status.RETURNED_TO_SENDER, Status.LOST})

PREDICATES: dict[str, tuple[str, str]] = {  # of one, of several
    Status.UNKNOWN: ("has left the shop", "have left the shop"),
    Status.PRE_TRANSIT: ("has left the shop", "have left the shop"),
    Status.IN_TRANSIT: ("is on its way", "are on their way"),
    Status.EXCEPTION: ("is held up", "are held up"),
    Status.OUT_FOR_DELIVERY: ("is out for delivery", "are out for delivery"),
    Status.DELIVERY_ATTEMPT_FAILED: ("could not be delivered yet", "could not be delivered yet"),
    Status.AVAILABLE_FOR_PICKUP: ("is ready to collect", "are ready to collect"),
    Status.RETURNING_TO_SENDER: ("is on its way back to the shop", "are on their way back to the shop"),
    Status.DELIVERED: ("was delivered", "were delivered"),
    Status.RETURNED_TO_SENDER: ("came back to the shop", "came back to the shop"),
    Status.LOST: ("is lost", "are lost"),
    Status.EXPIRED: ("has not been seen for a long time", "have not been seen for a long time"),
    SILENT: ("has not been seen for a while", "have not been seen for a while"),
    Status.CANCELLED: ("cannot travel as planned", "cannot travel as planned"),
}

ON_OUR_LIST = "That is too long, and it is on our list to be looked into."
TRIES_AGAIN = "As a rule {carrier} tries again on the next working day, or leaves a card that says where to collect it."
WANTS_ADDRESS = "{carrier} needs the right address: get in touch with {carrier} soon."
AFTER_ATTEMPT = {  # why it could not be handed over → what follows, where it is not simply tried again
    "refused": "As a rule {carrier} now brings it back. You want it after all? Get in touch with {carrier} soon.",
    "address_issue": WANTS_ADDRESS,
    "recipient_moved": WANTS_ADDRESS,
}
NEXT_STEPS: dict[str, str] = {
    Status.UNKNOWN: "{carrier} has not scanned it yet; the first news can take a day.",
    Status.PRE_TRANSIT: "{carrier} knows of it and has not scanned it yet.",
    Status.IN_TRANSIT: "{carrier} has it{seen}.",
    Status.EXCEPTION: "{carrier} is dealing with it.",
    Status.OUT_FOR_DELIVERY: "It is on the van of {carrier}.",
    Status.DELIVERY_ATTEMPT_FAILED: TRIES_AGAIN,
    Status.AVAILABLE_FOR_PICKUP: "{carrier} keeps it for you{at}.",
    Status.RETURNING_TO_SENDER: "{carrier} is bringing it back.",
    Status.DELIVERED: "",
    Status.RETURNED_TO_SENDER: "The next step is with {shop}.",
    Status.LOST: "The next step is with {shop}.",
    Status.EXPIRED: "{shop} can ask {carrier} about it.",
    Status.CANCELLED: "Its label was cancelled. The next step is with {shop}.",
}
ASKS: dict[str, str] = {  # where somebody reads what is written
    Status.RETURNING_TO_SENDER: " Do you still want it? {write}.",
    Status.RETURNED_TO_SENDER: " Do you still want it? {write}.",
    Status.LOST: " Do you still need it? {write}.",
    Status.EXPIRED: " You wait for it? {write}.",
}
NEVER_SEEN = "{carrier} has not scanned it since it left on {since}."
NOT_SEEN = "{carrier} has not scanned it since {since}{seen}."
REPLY = "Reply to this mail"
AGAIN = "{shop} sends it again, as order {order}."
ACT = "Please get in touch with {carrier}: without you it goes back to the shop."
NO_NUMBER = "It travels without a tracking number, so there is no news on the way."

REASONS = {
    "label_created": "",
    "accepted": "",
    "departed": "",
    "arrived": "",
    "customs_clearance": "It is going through customs.",
    "customs_released": "Customs has let it through.",
    "rerouted": "It was sent another way.",
    "scheduled": "",
    "handed_over": "",
    "delivery_today": "",
    "collected": "It was collected.",
    "neighbour": "It was left with a neighbour.",
    "signed": "Somebody signed for it.",
    "safe_place": "It was left in a safe place.",
    "delayed": "It takes longer than planned.",
    "weather_delay": "The weather slows it down.",
    "customs_hold": "Customs is looking at it.",
    "customs_documents": "Customs needs documents.",
    "duties_unpaid": "Duties have to be paid first.",
    "held": "{carrier} is keeping it for now.",
    "held_for_payment": "Something has to be paid first.",
    "address_issue": "The address is wrong or incomplete.",
    "recipient_unavailable": "Nobody was there to take it.",
    "recipient_moved": "{carrier} was told that you have moved.",
    "business_closed": "The business was closed.",
    "refused": "It was refused at the door.",
    "access_problem": "The courier could not get to the door.",
    "damaged": "It was damaged on the way.",
    "missorted": "It took a wrong turn and is being sent on.",
    "lost": "{carrier} cannot find it.",
    "destroyed": "It was destroyed on the way.",
    "unclaimed": "It was not collected.",
    "security": "It is being checked for security.",
    "carrier_rejected": "{carrier} did not take it.",
    "info_required": "{carrier} needs to know more.",
    "pickup_failed": "{carrier} could not fetch it from the shop.",
    "seller_issue": "The shop has to put something right.",
    "contact_carrier": "{carrier} has a question for you.",
    "researching": "{carrier} is looking for it.",
    "other": "",
}

SCANS: dict[str, str] = {  # where the carrier said nothing readable
    "": "Scanned",
    Status.UNKNOWN: "Scanned",
    Status.PRE_TRANSIT: "Announced to the carrier",
    Status.IN_TRANSIT: "On its way",
    Status.EXCEPTION: "Held up",
    Status.OUT_FOR_DELIVERY: "Out for delivery",
    Status.DELIVERY_ATTEMPT_FAILED: "Delivery tried",
    Status.AVAILABLE_FOR_PICKUP: "Ready to collect",
    Status.RETURNING_TO_SENDER: "On its way back to the shop",
    Status.DELIVERED: "Delivered",
    Status.RETURNED_TO_SENDER: "Back at the shop",
    Status.LOST: "Reported lost",
    Status.EXPIRED: "No more news from the carrier",
    Status.CANCELLED: "Label cancelled",
}

HOLDS = {  # the shop's suspicion of fraud is the shop's own
    "ADDRESS": "We have to check the address first.",
    "PAYMENT": "We are waiting for the payment.",
    "FRAUD": "We have to check the order first.",
    "CUSTOMER": "You asked us to wait.",
    "STOCK": "We have to check our stock first.",
    "OTHER": "We have to check something first.",
}

RETURNS = {  # how it looks, the word for it, and what is to be said; "BROUGHT" by a carrier, and "BACK"
    "REQUESTED": ("WAITING", "Announced", "Announced on {asked}. We still have to agree to it."),
    "APPROVED": ("WAITING", "Agreed", "Announced on {asked}. You can send it back: we wait for it."),
    "DECLINED": ("CANCELLED", "Not taken back", "Announced on {asked}. We do not take it back."),
    "IN_TRANSIT": ("RETURNING_TO_SENDER", "On its way back", "It is on its way back to us."),
    "BROUGHT": ("RETURNING_TO_SENDER", "On its way back", "{carrier} is bringing it back to us."),
    "BACK": ("RETURNED_TO_SENDER", "Back at the shop", "{carrier} has brought it back. We look at it next."),
    "RECEIVED": ("RETURNED_TO_SENDER", "Arrived", "It arrived here on {came}. We look at what is in it."),
    "INSPECTED": ("RETURNED_TO_SENDER", "Taken back", "It arrived here on {came}, and we have looked at it."),
    "CLOSED": ("RETURNED_TO_SENDER", "Taken back", "It arrived here on {came}, and we have looked at it."),
}

COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def count(number: int) -> str:
    return COUNTS[number] if number < len(COUNTS) else str(number)


def next_step(status: str, *, reason: str = "", can_write: bool) -> str:
    if status == Status.DELIVERY_ATTEMPT_FAILED:
        return AFTER_ATTEMPT.get(reason, TRIES_AGAIN)
    return NEXT_STEPS[status] + (ASKS.get(status, "") if can_write else "")


def say(sentence: str, *, carrier: str = "", shop: str = "", place: str = "", **more: str) -> str:
    """Fill in the names; a part of the sentence that needs a place goes where there is none."""
    at, seen = (f" at {place}", f", last seen in {place}") if place else ("", "")
    text = sentence.format(carrier=carrier or "the carrier", shop=shop or "the shop", at=at, seen=seen, **more)
    return text[:1].upper() + text[1:]
