"""What each house sends of a parcel: a journey told in its own words, its own times and its own order of lines."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
WAY = ("label", "accepted", "moving", "out", "delivered")
WORDS = {  # the words of a step: main status, detail
    "easypost": {
        "label": ("pre_transit", "label_created"),
        "accepted": ("in_transit", "received_at_origin_facility"),
        "moving": ("in_transit", "departed_facility"),
        "out": ("out_for_delivery", "out_for_delivery"),
        "delivered": ("delivered", "arrived_at_destination"),
        "attempt": ("failure", "refused"),
        "returning": ("return_to_sender", "return"),
        "lost": ("failure", "lost"),
        "strange": ("in_transit", "held_by_dragons"),
    },
    "shippo": {
        "label": ("PRE_TRANSIT", "information_received"),
        "accepted": ("TRANSIT", "package_accepted"),
        "moving": ("TRANSIT", "package_departed"),
        "out": ("TRANSIT", "out_for_delivery"),
        "delivered": ("DELIVERED", "delivered"),
        "attempt": ("TRANSIT", "notice_left"),
        "returning": ("RETURNED", "return_to_sender"),
        "lost": ("FAILURE", "package_lost"),
        "strange": ("TRANSIT", "package_shown"),
    },
    "aftership": {
        "label": ("InfoReceived", "InfoReceived_001"),
        "accepted": ("InTransit", "InTransit_002"),
        "moving": ("InTransit", "InTransit_007"),
        "out": ("OutForDelivery", "OutForDelivery_001"),
        "delivered": ("Delivered", "Delivered_003"),
        "attempt": ("AttemptFail", "AttemptFail_002"),
        "returning": ("Exception", "Exception_010"),
        "lost": ("Exception", "Exception_013"),
        "strange": ("InTransit", "InTransit_077"),
    },
    "karrio": {
        "label": ("pending", ""),
        "accepted": ("picked_up", ""),
        "moving": ("in_transit", ""),
        "out": ("out_for_delivery", ""),
        "delivered": ("delivered", ""),
        "attempt": ("delivery_failed", "consignee_not_home"),
        "returning": ("return_to_sender", ""),
        "lost": ("on_hold", "carrier_parcel_lost"),
        "strange": ("in_transit", "carrier_had_lunch"),
    },
    "17track": {
        "label": ("InfoReceived", "InfoReceived"),
        "accepted": ("InTransit", "InTransit_PickedUp"),
        "moving": ("InTransit", "InTransit_Departure"),
        "out": ("OutForDelivery", "OutForDelivery_Other"),
        "delivered": ("Delivered", "Delivered_Other"),
        "attempt": ("DeliveryFailure", "DeliveryFailure_NoBody"),
        "returning": ("Exception", "Exception_Returning"),
        "lost": ("Exception", "Exception_Lost"),
        "strange": ("InTransit", "InTransit_Beamed"),
    },
}
STAGES = {"label": "InfoReceived", "accepted": "PickedUp", "moving": "Departure", "out": "OutForDelivery"}
STATUSES = {
    "label": "PRE_TRANSIT",
    "accepted": "IN_TRANSIT",
    "moving": "IN_TRANSIT",
    "out": "OUT_FOR_DELIVERY",
    "delivered": "DELIVERED",
}
Step = tuple[datetime, str]


def steps(*names: str, start: datetime = START, hours: int = 9) -> list[Step]:
    return [(start + timedelta(hours=hours * n), name) for n, name in enumerate(names)]


def easypost(number: str, way: Sequence[Step], **more: Any) -> dict[str, Any]:
    at, (status, detail) = way[-1][0], WORDS["easypost"][way[-1][1]]
    return {
        "id": more.get("id", f"evt_{number}_{len(way)}"),
        "object": "Event",
        "description": "tracker.updated",
        "mode": more.get("mode", "production"),
        "created_at": (at + timedelta(minutes=5)).strftime("%FT%TZ"),
        "previous_attributes": {"status": "unknown"},
        "result": {
            "id": f"trk_{number}",
            "object": "Tracker",
            "mode": more.get("mode", "production"),
            "tracking_code": number,
            "carrier": "DHLExpress",
            "status": status,
            "status_detail": detail,
            "created_at": "2026-11-22T09:00:00Z",
            "updated_at": at.strftime("%FT%TZ"),
            "est_delivery_date": "2026-11-26T00:00:00Z",
            "signed_by": "CHARLIE",
            "weight": 17.6,
            "is_return": False,
            "carrier_detail": {"est_delivery_date_local": "2026-11-26", "guaranteed_delivery_date": None},
            "tracking_details": [_easypost(*step) for step in way],
        },
    }


def _easypost(at: datetime, name: str) -> dict[str, Any]:
    status, detail = WORDS["easypost"][name]
    place = {"object": "TrackingLocation", "city": "LEIPZIG", "state": "SN", "country": "DE", "zip": "04103"}
    return {
        "object": "TrackingDetail",
        "datetime": at.strftime("%FT%TZ"),
        "status": status,
        "status_detail": detail,
        "message": f"Parcel: {name}",
        "description": None,
        "source": "DHLExpress",
        "carrier_code": name[:2].upper(),
        "tracking_location": place,
    }


def shippo(number: str, way: Sequence[Step], **more: Any) -> dict[str, Any]:
    history = [_shippo(*step) for step in way]
    return {
        "event": "track_updated",
        "test": more.get("test", False),
        "carrier": "dhl_express",
        "data": {
            "carrier": "dhl_express",
            "tracking_number": number,
            "servicelevel": {"token": "dhl_express_worldwide", "name": None},
            "metadata": "OT-1",
            "eta": "2026-11-26T00:00:00Z",
            "original_eta": "2026-11-25T00:00:00Z",
            "tracking_status": history[-1] | {"object_id": "another"},
            "tracking_history": history,
            "messages": [],
        },
    }


def _shippo(at: datetime, name: str) -> dict[str, Any]:
    status, detail = WORDS["shippo"][name]
    return {
        "object_id": f"obj_{at.timestamp()}",
        "object_created": "2026-11-25T11:00:00Z",
        "status": status,
        "substatus": {"code": detail, "text": "…", "action_required": False},
        "status_date": at.strftime("%FT%TZ"),
        "status_details": f"Parcel: {name}",
        "location": {"city": "Leipzig", "state": "SN", "zip": "04103", "country": "DE"},
    }


def aftership(number: str, way: Sequence[Step], **more: Any) -> dict[str, Any]:
    at, (tag, subtag) = way[-1][0], WORDS["aftership"][way[-1][1]]
    return {
        "ts": int((at + timedelta(minutes=5)).timestamp()),
        "event": "tracking_update",
        "event_id": more.get("id", f"4e8c-{number}-{len(way)}"),
        "is_tracking_first_tag": True,
        "msg": {
            "id": f"as_{number}",
            "tracking_number": number,
            "slug": "dhl",
            "tag": tag,
            "subtag": subtag,
            "subtag_message": "…",
            "active": True,
            "expected_delivery": "2026-11-26",
            "courier_estimated_delivery_date": {
                "estimated_delivery_date": "2026-11-26",
                "estimated_delivery_date_min": "2026-11-26",
                "estimated_delivery_date_max": "2026-11-27",
            },
            "shipment_delivery_date": None,
            "checkpoints": [_aftership(*step) for step in way],
        },
    }


def _aftership(at: datetime, name: str) -> dict[str, Any]:
    tag, subtag = WORDS["aftership"][name]
    return {
        "checkpoint_time": (at + timedelta(hours=1)).strftime("%FT%T+01:00"),
        "created_at": "2026-11-25T11:00:00Z",
        "tag": tag,
        "subtag": subtag,
        "message": f"Parcel: {name}",
        "location": "Leipzig",
        "city": "Leipzig",
        "state": None,
        "zip": "04103",
        "country_iso3": "DEU",
        "slug": "dhl",
        "events": [],
    }


def karrio(number: str, way: Sequence[Step], **more: Any) -> dict[str, Any]:
    status, _ = WORDS["karrio"][way[-1][1]]
    return {
        "event": "tracker_updated",
        "data": {
            "id": f"trk_{number}",
            "tracking_number": number,
            "carrier_name": "dhl_express",
            "carrier_id": "my-dhl",
            "status": status,
            "delivered": True if way[-1][1] == "delivered" else None,
            "estimated_delivery": "2026-11-26",
            "test_mode": more.get("test", False),
            "info": {"customer_name": "CHARLIE", "expected_delivery": "2026-11-27"},
            "events": [_karrio(*step) for step in reversed(way)],
            "messages": [],
            "metadata": {},
        },
    }


def _karrio(at: datetime, name: str) -> dict[str, Any]:
    status, reason = WORDS["karrio"][name]
    return {
        "date": at.strftime("%F"),
        "time": at.strftime("%I:%M %p"),
        "timestamp": at.strftime("%FT%T.000Z"),
        "status": status,
        "code": name[:2].upper(),
        "reason": reason or None,
        "description": f"Parcel: {name}",
        "location": "Leipzig, DE",
    }


def seventeentrack(number: str, way: Sequence[Step], **more: Any) -> dict[str, Any]:
    at, (status, sub_status) = way[-1][0], WORDS["17track"][way[-1][1]]
    events = [_seventeentrack(*step) for step in reversed(way)]
    return {
        "event": "TRACKING_UPDATED",
        "data": {
            "number": number,
            "carrier": 100001,
            "tag": "OT-1",
            "track_info": {
                "latest_status": {"status": status, "sub_status": sub_status, "sub_status_descr": None},
                "time_metrics": {
                    "estimated_delivery_date": {"source": "Official", "from": "2026-11-26", "to": "2026-11-27"}
                },
                "tracking": {
                    "providers_hash": 5,
                    "providers": [
                        {
                            "provider": {"key": 100001, "name": "DHL Express", "country": "DE"},
                            "latest_sync_status": "Success",
                            "latest_sync_time": (at + timedelta(minutes=5)).strftime("%FT%TZ"),
                            "events_hash": 7,
                            "events": events,
                        }
                    ],
                },
            },
        },
    }


def _seventeentrack(at: datetime, name: str) -> dict[str, Any]:
    local = at + timedelta(hours=1)
    return {
        "time_iso": local.strftime("%FT%T+01:00"),
        "time_utc": at.strftime("%FT%TZ"),
        "time_raw": {"date": local.strftime("%F"), "time": local.strftime("%T"), "timezone": "+01:00"},
        "description": f"Parcel: {name}",
        "location": "Leipzig, DE",
        "stage": STAGES.get(name),
        "sub_status": WORDS["17track"][name][1],
        "address": {"country": "DE", "state": None, "city": "Leipzig", "postal_code": "04103"},
    }


PAYLOADS: dict[str, Callable[..., dict[str, Any]]] = {
    "easypost": easypost,
    "shippo": shippo,
    "aftership": aftership,
    "karrio": karrio,
    "17track": seventeentrack,
}
LINES = {  # where the lines of a history stand
    "easypost": ("result", "tracking_details"),
    "shippo": ("data", "tracking_history"),
    "aftership": ("msg", "checkpoints"),
    "karrio": ("data", "events"),
    "17track": ("data", "track_info", "tracking", "providers", 0, "events"),
}
HEADLINES = {
    "easypost": (("result", "status"), ("result", "status_detail")),
    "shippo": (("data", "tracking_status", "status"), ("data", "tracking_status", "substatus", "code")),
    "aftership": (("msg", "tag"), ("msg", "subtag")),
    "karrio": (("data", "status"), None),
    "17track": (
        ("data", "track_info", "latest_status", "status"),
        ("data", "track_info", "latest_status", "sub_status"),
    ),
}
NUMBERS = {
    "easypost": ("result", "tracking_code"),
    "shippo": ("data", "tracking_number"),
    "aftership": ("msg", "tracking_number"),
    "karrio": ("data", "tracking_number"),
    "17track": ("data", "number"),
}
Path = tuple[Any, ...]


def at(body: Any, path: Path) -> Any:
    for name in path:
        body = body[name]
    return body


def put(body: Any, path: Path, value: Any) -> None:
    at(body, path[:-1])[path[-1]] = value


def drop(body: Any, path: Path) -> None:
    del at(body, path[:-1])[path[-1]]


def paths(body: Any, so_far: Path = ()) -> list[Path]:
    """Return the way to every value of a body, inner ones after outer ones."""
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    found = [so_far] if so_far else []
    for name, value in inner:
        found += paths(value, (*so_far, name))
    return found
