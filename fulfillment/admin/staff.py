"""People on the floor: where each works, and the badge and PIN that shared devices know them by. Neither is shown."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminPasswordWidget

from fulfillment.admin.scoped import ScopedAdmin
from fulfillment.forms import LONGEST_PIN
from fulfillment.models import Staff, Warehouse
from fulfillment.services import give_badge, give_pin, is_badge, new_badge, take_back
from fulfillment.services.switch import BADGE, SHORTEST_BADGE
from orders.admin.acting import Act, ActForm, ActingAdmin
from orders.models import Actor

SHORTEST_PIN, FEWEST_DIGITS = 6, 3


def _secret(label: str, help_text: str, longest: int) -> forms.CharField:
    widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, max_length=longest, help_text=help_text, widget=widget)


class BadgeForm(ActForm):
    badge = _secret("Badge", f"Scan it here. It begins with {BADGE}; a longer one cannot be guessed.", 64)

    def clean_badge(self) -> str:
        badge: str = self.cleaned_data["badge"].strip()
        if not is_badge(badge) or len(badge) < len(BADGE) + SHORTEST_BADGE:
            raise forms.ValidationError(f"A badge is {BADGE} and at least {SHORTEST_BADGE} characters after it.")
        return badge


class PinForm(ActForm):
    pin = _secret(
        "PIN", f"{SHORTEST_PIN} to {LONGEST_PIN} digits. Typed on a shared device, after the name.", LONGEST_PIN
    )

    def clean_pin(self) -> str:
        pin: str = self.cleaned_data["pin"]
        if not (pin.isascii() and pin.isdigit() and len(pin) >= SHORTEST_PIN):
            raise forms.ValidationError(f"A PIN is {SHORTEST_PIN} to {LONGEST_PIN} digits.")
        if len(set(pin)) < FEWEST_DIGITS or pin in "01234567890123" or pin in "9876543210987":
            raise forms.ValidationError("That is guessed at once. Take digits without such an order.")
        return pin


def _new_badge(staff: Staff, _by: Actor, _data: dict[str, Any]) -> str:
    badge = new_badge()
    give_badge(staff, badge)
    return badge


CHANGE = "fulfillment.change_staff"
ACTS = (
    Act(
        "badge",
        "Scan a badge",
        CHANGE,
        lambda staff, _, data: give_badge(staff, data["badge"]),
        "{} has this badge now.",
        form=BadgeForm,
        hint="The badge before it opens nothing any more.",
    ),
    Act(
        "new-badge",
        "Make a badge",
        CHANGE,
        _new_badge,
        "{} has a new badge.",
        hint="Its code is shown once: print it as Code 128 or QR. The badge before it opens nothing any more.",
        reveals="What is on the badge",
    ),
    Act("pin", "Set a PIN", CHANGE, lambda staff, _, data: give_pin(staff, data["pin"]), "{} has a PIN.", form=PinForm),
    Act(
        "take-back",
        "Take both back",
        CHANGE,
        lambda staff, _by, _data: take_back(staff),
        "{} has neither badge nor PIN now.",
        hint="They open nothing any more. The password stays.",
    ),
)


def _leads_all(request: HttpRequest) -> bool:
    return Warehouse.objects.of(request.user).count() == Warehouse.objects.count()


@admin.register(Staff)
class StaffAdmin(ScopedAdmin, ActingAdmin):
    """Whoever works in some warehouses only leads the people of those: not those who work in others, or in all."""

    acts = ACTS
    list_display = ("name", "works_in", "has_badge", "has_pin")
    search_fields = ("user__username", "user__first_name", "user__last_name")
    search_help_text = "Name"
    ordering = ("user__username",)
    readonly_fields = ("name",)

    def scoped(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        rows = rows.select_related("user").prefetch_related("warehouses")
        if _leads_all(request):
            return rows
        mine = Warehouse.objects.of(request.user)
        beyond = Staff.objects.filter(warehouses__in=Warehouse.objects.exclude(pk__in=mine))
        return rows.exclude(Q(warehouses=None) | Q(pk__in=beyond))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name" if obj else "user", "warehouses")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        mine = Warehouse.objects.of(request.user)
        widget = UnfoldAdminCheckboxSelectMultipleWidget()
        field = super().formfield_for_manytomany(db_field, request, queryset=mine, widget=widget, **kwargs)
        if field is not None:
            field.required = not _leads_all(request)  # who works in some makes nobody work in all
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user" and not _leads_all(request):
            kwargs["queryset"] = User.objects.filter(is_superuser=False, groups=None, user_permissions=None)
            kwargs["help_text"] = "Whoever has a role already is added by somebody who leads all warehouses."
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @display(description="Person", ordering="user__username")
    def name(self, staff: Staff) -> str:
        return staff.user.get_full_name() or staff.user.get_username()

    @display(description="Works in")
    def works_in(self, staff: Staff) -> str:
        return ", ".join(str(each) for each in staff.warehouses.all()) or "all warehouses"

    @display(description="Badge", boolean=True)
    def has_badge(self, staff: Staff) -> bool:
        return staff.badge_digest is not None

    @display(description="PIN", boolean=True)
    def has_pin(self, staff: Staff) -> bool:
        return bool(staff.pin)
