"""Waves: shipments that are picked together, the carts they are walked with, and a task for each stop of a walk."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from fulfillment.models.shipment import Shipment, ShipmentLine
from fulfillment.models.stock import Bin, Warehouse


class Wave(models.Model):
    """Shipments of one warehouse that were released to the floor together."""

    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="waves")
    released_at = models.DateTimeField("released", default=timezone.now)
    by = models.CharField(max_length=64)
    operation = models.UUIDField(unique=True, null=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view",)
        permissions = [("release_wave", "Can release waves")]

    def __str__(self) -> str:
        return f"Wave {self.pk}"


class CartQuerySet(models.QuerySet["Cart"]):
    """What is asked of carts starts from the tasks that are to be done, not from every cart that there ever was."""

    def under_way(self) -> "CartQuerySet":
        """Keep the carts on which something is still to be fetched."""
        return self.filter(pk__in=PickTask.objects.to_do().values("cart"))

    def free(self) -> "CartQuerySet":
        """Keep those that nobody walks with. A cart is held as long as the lease of one of its tasks runs."""
        return self.under_way().exclude(pk__in=PickTask.objects.held().values("cart"))

    def of_warehouse(self, warehouse: Warehouse) -> "CartQuerySet":
        # as a subquery: SQLite would start from all waves of the one warehouse
        return self.filter(wave__warehouse__in=Warehouse.objects.filter(pk=warehouse.pk))

    def claimed_by(self, who: str) -> "CartQuerySet":
        return self.filter(pk__in=PickTask.objects.claimed().filter(claimed_by=who).values("cart"))


class Cart(models.Model):
    """One walk through the warehouse. SINGLE: articles of orders with one unit, in one tote; MULTI: a slot an order."""

    class Kind(models.TextChoices):
        SINGLE = "SINGLE", "One article each"
        MULTI = "MULTI", "A slot an order"

    wave = models.ForeignKey(Wave, models.PROTECT, related_name="carts", db_index=False)
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=6, choices=Kind)

    objects = CartQuerySet.as_manager()

    class Meta:
        ordering = ["wave", "number"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["wave", "number"], name="cart_once"),
            models.CheckConstraint(condition=Q(kind__in=["SINGLE", "MULTI"]), name="cart_kind"),
        ]

    def __str__(self) -> str:
        return f"W{self.wave_id}-{self.number}"


class CartSlot(models.Model):
    """Where on a cart a shipment goes. A shipment is on one cart at most."""

    cart = models.ForeignKey(Cart, models.CASCADE, related_name="slots", db_index=False)
    place = models.PositiveSmallIntegerField()
    shipment = models.OneToOneField(Shipment, models.PROTECT, related_name="slot")

    class Meta:
        ordering = ["cart", "place"]
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["cart", "place"], name="cart_slot_once")]

    def __str__(self) -> str:
        return f"{self.cart} slot {self.place}"


class PickTaskQuerySet(models.QuerySet["PickTask"]):
    def to_do(self) -> "PickTaskQuerySet":
        return self.filter(status__in=PickTask.TO_DO)

    def claimed(self) -> "PickTaskQuerySet":
        return self.filter(status=PickTask.Status.CLAIMED)

    def held(self) -> "PickTaskQuerySet":
        """Keep what somebody walks for, under a lease that still runs."""
        return self.claimed().filter(lease_until__gt=timezone.now())

    def locked(self) -> "PickTaskQuerySet":
        """Lock them in the one order that everybody keeps, behind the stock; also as what an UPDATE is of."""
        return self.order_by("pk").select_for_update(no_key=True)


class PickTask(models.Model):
    """Units of a line to take from a bin, as one stop of a cart's walk. Who holds it, holds it under a lease.

    `place` is the stop's number on the walk. SHORT: fewer than `quantity` were there, for `reason`.
    """

    class Status(models.TextChoices):
        OPEN = "OPEN", "Open"
        CLAIMED = "CLAIMED", "Somebody walks for it"
        DONE = "DONE", "Done"
        SHORT = "SHORT", "Not enough was there"

    class Reason(models.TextChoices):
        EMPTY = "EMPTY", "The bin is empty"
        DAMAGED = "DAMAGED", "Damaged"
        WRONG_ARTICLE = "WRONG_ARTICLE", "Something else lies there"
        BLOCKED = "BLOCKED", "I cannot get there"

    TO_DO = (Status.OPEN, Status.CLAIMED)

    cart = models.ForeignKey(Cart, models.PROTECT, related_name="tasks", db_index=False)
    shipment_line = models.ForeignKey(ShipmentLine, models.PROTECT, related_name="tasks")
    bin = models.ForeignKey(Bin, models.PROTECT, related_name="tasks", db_index=False)
    quantity = models.PositiveIntegerField()
    picked = models.PositiveIntegerField(default=0)
    place = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=7, choices=Status, default=Status.OPEN)
    reason = models.CharField(max_length=13, choices=Reason, blank=True)
    claimed_by = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    objects = PickTaskQuerySet.as_manager()

    class Meta:
        verbose_name = "pick"
        ordering = ["cart", "place", "pk"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(condition=Q(status__in=["OPEN", "CLAIMED", "DONE", "SHORT"]), name="task_status"),
            models.CheckConstraint(condition=Q(quantity__gte=1, picked__lte=F("quantity")), name="task_picked"),
            models.CheckConstraint(condition=~Q(status="DONE") | Q(picked=F("quantity")), name="task_done"),
            models.CheckConstraint(
                condition=~Q(status="CLAIMED") | (~Q(claimed_by="") & Q(lease_until__isnull=False)), name="task_claimed"
            ),
            models.CheckConstraint(
                condition=Q(status="SHORT", reason__in=["EMPTY", "DAMAGED", "WRONG_ARTICLE", "BLOCKED"])
                | Q(~Q(status="SHORT"), reason=""),
                name="task_short_for_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["cart", "place"], name="task_of_cart"),
            # whole: SQLite cannot tell that a list of parameters is within a condition
            models.Index(fields=["status", "claimed_by", "cart"], name="task_by_status"),
            models.Index(fields=["bin"], condition=Q(status__in=["OPEN", "CLAIMED"]), name="task_to_do_in_bin"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} from {self.bin}"

    @property
    def left(self) -> int:
        return self.quantity - self.picked

    @property
    def slot(self) -> int | None:
        """Return the number of the slot that it goes into; None where all goes into one tote."""
        return self.shipment_line.shipment.slot.place if self.cart.kind == Cart.Kind.MULTI else None
