"""Who may do what: one table, made into Django groups after every `migrate`."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

VIEW_ORDERS = [
    "orders.view_order",
    "orders.view_orderline",
    "orders.view_customer",
    "orders.view_hold",
    "orders.view_note",
]
VIEW_TRAIL = ["orders.view_event"]
VIEW_FLOOR = [
    "fulfillment.view_shipment",
    "fulfillment.view_shipmentline",
    "fulfillment.view_parcel",
    "fulfillment.view_parcelline",
    "fulfillment.view_warehouse",
    "fulfillment.view_bin",
    "fulfillment.view_holiday",
    "fulfillment.view_stockitem",
    "fulfillment.view_binstock",
    "fulfillment.view_wave",
    "fulfillment.view_cart",
    "fulfillment.view_cartslot",
    "fulfillment.view_picktask",
    "fulfillment.view_receipt",
    "fulfillment.view_receiptline",
    "fulfillment.view_reorderrule",
    "fulfillment.view_count",
    "fulfillment.view_countline",
    "fulfillment.view_return",
    "fulfillment.view_returnline",
    "orders.view_product",
]
VIEW_STOCK = [
    "fulfillment.view_stockmovement",
    "fulfillment.view_reservation",
    "fulfillment.view_scan",
    "fulfillment.view_manifest",
]
VIEW_TRACKING = [
    "tracking.view_tracker",
    "tracking.view_carrierevent",
    "tracking.view_snapshot",
    "tracking.view_learntlane",
    "tracking.view_alarm",
    "fulfillment.view_reship",
]
VIEW_WORDS = ["tracking.view_carriercode", "tracking.view_unmappedcode", "tracking.view_remapping"]
VIEW_MESSAGES = ["notifications.view_message"]
VIEW_INBOX = ["orders.view_inbox", "orders.view_endpoint"]
VIEW_SETTINGS = ["orders.view_channel", "orders.view_shippingmethod", "orders.view_apikey"]
ANSWER = ["notifications.resend_message"]
HEED_ALARMS = ["tracking.handle_alarm", "fulfillment.decide_reship"]
HEED_AUDIT = ["tracking.acknowledge_finding"]
TELL_OF_PARCELS = ["tracking.enter_scan", "tracking.identify_snapshot"]
MAP_WORDS = ["tracking.map_code"]
VIEW_AUDIT = ["tracking.view_auditrun", "tracking.view_finding"]
VIEW_REPORTS = ["tracking.view_reports"]
SERVE = [
    "fulfillment.request_return",
    "fulfillment.approve_return",
    "orders.cancel_order",
    "orders.hold_order",
    "orders.release_order",
    "orders.note_order",
    "orders.place_order",
]
LEAD_FLOOR = [
    "fulfillment.pick_shipment",
    "fulfillment.pack_shipment",
    "fulfillment.ship_shipment",
    "fulfillment.split_shipment",
    "fulfillment.release_wave",
    "fulfillment.count_stock",
    "fulfillment.plan_count",
    "fulfillment.approve_count",
    "fulfillment.receive_return",
]
KEEP_STOCK = [
    "fulfillment.receive_stock",
    "fulfillment.adjust_stock",
    "fulfillment.expect_receipt",
    "fulfillment.add_reorderrule",
    "fulfillment.change_reorderrule",
    "fulfillment.delete_reorderrule",
    "fulfillment.add_holiday",
    "fulfillment.change_holiday",
    "fulfillment.delete_holiday",
]
LOAD = ["fulfillment.close_manifest", "fulfillment.view_manifest"]
LEAD_PEOPLE = ["fulfillment.view_staff", "fulfillment.add_staff", "fulfillment.change_staff"]
CARRY = ["fulfillment.deliver_shipment"]
KEEP_CATALOGUE = [
    "orders.add_product",
    "orders.change_product",
    "orders.add_shippingmethod",
    "orders.change_shippingmethod",
]
CONNECT = [
    "orders.add_apikey",
    "orders.change_apikey",
    "orders.add_endpoint",
    "orders.change_endpoint",
    "orders.retry_inbox",
    "orders.add_channel",
    "orders.change_channel",
]

ROLES: dict[str, list[str]] = {
    "picker": [
        *VIEW_FLOOR,
        "orders.view_order",
        "orders.view_orderline",
        "fulfillment.pick_shipment",
        "fulfillment.receive_stock",
        "fulfillment.count_stock",
    ],
    "packer": [
        *VIEW_FLOOR,
        "orders.view_order",
        "orders.view_orderline",
        "fulfillment.pack_shipment",
        "fulfillment.ship_shipment",
        "fulfillment.receive_return",
        *LOAD,
    ],
    "support": [
        *VIEW_ORDERS,
        *VIEW_TRAIL,
        *VIEW_FLOOR,
        *VIEW_TRACKING,
        *VIEW_MESSAGES,
        *VIEW_INBOX,
        *SERVE,
        *ANSWER,
        *HEED_ALARMS,
        *TELL_OF_PARCELS,
    ],
    "manager": [
        *VIEW_ORDERS,
        *VIEW_TRAIL,
        *VIEW_FLOOR,
        *VIEW_STOCK,
        *VIEW_TRACKING,
        *VIEW_MESSAGES,
        *VIEW_INBOX,
        *VIEW_SETTINGS,
        *VIEW_AUDIT,
        *VIEW_REPORTS,
        *SERVE,
        *ANSWER,
        *HEED_ALARMS,
        *HEED_AUDIT,
        *TELL_OF_PARCELS,
        *VIEW_WORDS,
        *MAP_WORDS,
        *LEAD_FLOOR,
        *LOAD,
        *KEEP_STOCK,
        *LEAD_PEOPLE,
        *CARRY,
        *KEEP_CATALOGUE,
        "orders.retry_inbox",
    ],
    "auditor": [
        *VIEW_ORDERS,
        *VIEW_TRAIL,
        *VIEW_FLOOR,
        *VIEW_STOCK,
        *VIEW_TRACKING,
        *VIEW_MESSAGES,
        *VIEW_INBOX,
        *VIEW_SETTINGS,
        *VIEW_AUDIT,
        *VIEW_REPORTS,
        *VIEW_WORDS,
    ],
    "integrator": [*VIEW_ORDERS, *VIEW_TRAIL, *VIEW_FLOOR, *VIEW_INBOX, *VIEW_WORDS, *VIEW_SETTINGS, *CONNECT],
    "admin": ["*"],
}
FOREIGN = Q(content_type__app_label__in=["contenttypes", "sessions", "admin"])


def apply_roles(**_: Any) -> None:
    """Bring the groups in line with the table, as far as their permissions exist yet; other groups are left alone."""
    known = {
        f"{each.content_type.app_label}.{each.codename}": each
        for each in Permission.objects.select_related("content_type")
    }
    for role, names in ROLES.items():
        group, _is_new = Group.objects.get_or_create(name=role)
        if names == ["*"]:
            group.permissions.set(Permission.objects.exclude(FOREIGN))
        else:
            group.permissions.set(known[name] for name in names if name in known)
