"""The admin's sidebar: where this user may go, and what waits for somebody there."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from fulfillment.models.scope import within
from orders.models import Inbox
from tracking.models import Alarm, Finding

MANY = 99
"""A badge counts so far: what lies beyond costs nothing, and tells nobody anything."""

OF_PARCEL = "parcel__shipment__warehouse"

Item = tuple[str, str, str, str]
GROUPS: tuple[tuple[str, tuple[Item, ...]], ...] = (
    (
        "Orders",
        (
            ("Orders", "receipt_long", "admin:orders_order_changelist", "orders.view_order"),
            ("Shipments", "package_2", "admin:fulfillment_shipment_changelist", "fulfillment.view_shipment"),
            ("Customers", "person", "admin:orders_customer_changelist", "orders.view_customer"),
        ),
    ),
    (
        "Warehouse",
        (
            ("Stock", "inventory_2", "admin:fulfillment_stockitem_changelist", "fulfillment.view_stockitem"),
            ("Incoming deliveries", "input", "admin:fulfillment_receipt_changelist", "fulfillment.view_receipt"),
            ("Waves", "waves", "admin:fulfillment_wave_changelist", "fulfillment.view_wave"),
            ("Carts", "trolley", "admin:fulfillment_cart_changelist", "fulfillment.view_cart"),
            ("Picks", "route", "admin:fulfillment_picktask_changelist", "fulfillment.view_picktask"),
            ("Manifests", "local_shipping", "admin:fulfillment_manifest_changelist", "fulfillment.view_manifest"),
            ("Reorder", "shopping_cart", "admin:fulfillment_reorderrule_reorder", "fulfillment.view_reorderrule"),
            ("Movements", "swap_vert", "admin:fulfillment_stockmovement_changelist", "fulfillment.view_stockmovement"),
            ("Counts", "checklist", "admin:fulfillment_count_changelist", "fulfillment.view_count"),
            ("Returns", "assignment_return", "admin:fulfillment_return_changelist", "fulfillment.view_return"),
            ("To send again", "redo", "admin:fulfillment_reship_changelist", "fulfillment.view_reship"),
            ("Products", "sell", "admin:orders_product_changelist", "orders.view_product"),
            ("Warehouses", "warehouse", "admin:fulfillment_warehouse_changelist", "fulfillment.view_warehouse"),
            ("Bins", "shelves", "admin:fulfillment_bin_changelist", "fulfillment.view_bin"),
            ("Staff", "badge", "admin:fulfillment_staff_changelist", "fulfillment.view_staff"),
        ),
    ),
    (
        "Tracking",
        (
            ("Alarms", "notifications_active", "admin:tracking_alarm_changelist", "tracking.view_alarm"),
            ("Tracked parcels", "local_shipping", "admin:tracking_tracker_changelist", "tracking.view_tracker"),
            ("Carrier messages", "rss_feed", "admin:tracking_snapshot_changelist", "tracking.view_snapshot"),
            ("Lanes", "conversion_path", "admin:tracking_learntlane_changelist", "tracking.view_learntlane"),
            ("Unknown words", "help", "admin:tracking_unmappedcode_changelist", "tracking.view_unmappedcode"),
            ("Carriers' words", "translate", "admin:tracking_carriercode_changelist", "tracking.view_carriercode"),
            ("Changes of meaning", "history", "admin:tracking_remapping_changelist", "tracking.view_remapping"),
        ),
    ),
    (
        "In and out",
        (
            ("Messages", "mail", "admin:notifications_message_changelist", "notifications.view_message"),
            ("Inbox", "move_to_inbox", "admin:orders_inbox_changelist", "orders.view_inbox"),
        ),
    ),
    (
        "Audit",
        (
            ("Findings", "rule", "admin:tracking_finding_changelist", "tracking.view_finding"),
            ("Audit runs", "fact_check", "admin:tracking_auditrun_changelist", "tracking.view_auditrun"),
        ),
    ),
    (
        "Settings",
        (
            ("Channels", "storefront", "admin:orders_channel_changelist", "orders.view_channel"),
            ("Shipping methods", "schedule", "admin:orders_shippingmethod_changelist", "orders.view_shippingmethod"),
            ("Holidays", "event_busy", "admin:fulfillment_holiday_changelist", "fulfillment.view_holiday"),
            ("API keys", "key", "admin:orders_apikey_changelist", "orders.view_apikey"),
            ("Endpoints", "webhook", "admin:orders_endpoint_changelist", "orders.view_endpoint"),
            ("Users", "group", "admin:auth_user_changelist", "auth.view_user"),
            ("Groups", "badge", "admin:auth_group_changelist", "auth.view_group"),
        ),
    ),
)
FLOOR_PERMISSIONS = ("fulfillment.pick_shipment", "fulfillment.pack_shipment", "fulfillment.ship_shipment")


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups of the sidebar with what this user may see; the theme calls it for every page."""
    may = request.user.has_perm
    badges = {
        "Alarms": lambda: Alarm.objects.awake(timezone.now()).filter(within(request.user, OF_PARCEL)),
        "Inbox": Inbox.objects.quarantined,
        "Findings": lambda: Finding.objects.filter(status=Finding.Status.OPEN),
    }
    groups = [_elsewhere(request)]
    for title, items in GROUPS:
        shown = [_item(*item, badges.get(item[0])) for item in items if may(item[3])]
        groups.append({"title": title, "items": shown})
    return [group for group in groups if group["items"]]


def _elsewhere(request: HttpRequest) -> dict[str, Any]:
    may = request.user.has_perm
    items = [{"title": "Today", "icon": "today", "link": reverse("admin:index")}]
    if any(may(name) for name in FLOOR_PERMISSIONS):
        items.append({"title": "Floor", "icon": "barcode_scanner", "link": "/floor/"})
    if may("tracking.view_reports"):
        items.append({"title": "Reports", "icon": "monitoring", "link": "/reports/"})
    return {"items": items}


def _item(title: str, icon: str, name: str, _permission: str, waiting: Any) -> dict[str, Any]:
    item: dict[str, Any] = {"title": title, "icon": icon, "link": reverse(name)}
    if waiting and (count := waiting().order_by()[: MANY + 1].count()):
        item |= {"badge": count if count <= MANY else f"{MANY}+", "badge_variant": "danger"}
    return item
