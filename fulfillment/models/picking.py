"""What people scan on the floor: the right ones and the wrong ones. Rows are added, never changed."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from fulfillment.models.shipment import Shipment, ShipmentLine
from fulfillment.models.stock import Bin, Warehouse
from fulfillment.models.wave import PickTask


class Scan(models.Model):
    """One scan, or one press of a button instead, and what came of it.

    `operation` names the act: sent twice, it is done once and answered alike. `quantity` is how many units it moved,
    or verified; `bin` and `line` where it was right, and `sentence` what the person was told.
    """

    class Step(models.TextChoices):
        PICK = "PICK", "Picking"
        PACK = "PACK", "Packing"
        SHIP = "SHIP", "Shipping"
        RECEIVE = "RECEIVE", "Receiving"
        PUT_AWAY = "PUT_AWAY", "Putting away"
        MOVE = "MOVE", "Moving"
        COUNT = "COUNT", "Counting"
        RETURN = "RETURN", "Returns"
        LOAD = "LOAD", "Loading"

    class Result(models.TextChoices):
        RIGHT = "RIGHT", "Right"
        UNSCANNED = "UNSCANNED", "Done without scanning"
        WRONG_BIN = "WRONG_BIN", "Wrong bin"
        WRONG_ARTICLE = "WRONG_ARTICLE", "Wrong article"
        WRONG_QUANTITY = "WRONG_QUANTITY", "Wrong quantity"
        INCOMPLETE = "INCOMPLETE", "Something is missing"
        UNKNOWN = "UNKNOWN", "Not known"
        SHORT = "SHORT", "Not enough was there"
        UNDONE = "UNDONE", "Taken back"
        LATE = "LATE", "Somebody else has it now"
        WRONG_WEIGHT = "WRONG_WEIGHT", "Wrong weight"

    DONE = (Result.RIGHT, Result.UNSCANNED, Result.SHORT, Result.UNDONE)
    TEXT_LENGTH = 64

    operation = models.UUIDField(unique=True)
    shipment = models.ForeignKey(Shipment, models.PROTECT, null=True, blank=True, related_name="scans", db_index=False)
    step = models.CharField(max_length=8, choices=Step)
    text = models.CharField(max_length=TEXT_LENGTH, blank=True, help_text="What was scanned; empty for a button.")
    result = models.CharField(max_length=16, choices=Result)
    sentence = models.CharField(max_length=500)
    bin = models.ForeignKey(Bin, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    line = models.ForeignKey(ShipmentLine, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    task = models.ForeignKey(PickTask, models.SET_NULL, null=True, blank=True, related_name="scans")
    undoes = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="undone_by")
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    box = models.PositiveSmallIntegerField(default=1, help_text="Of a shipment that is packed: into which box.")
    weight_grams = models.PositiveIntegerField(null=True, blank=True, help_text="Of a box that was weighed.")
    put_away = models.JSONField(null=True, blank=True, editable=False, help_text="Line of a delivery, and its units.")
    quantity = models.PositiveIntegerField(default=0)
    by = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    step__in=["PICK", "PACK", "SHIP", "RECEIVE", "PUT_AWAY", "MOVE", "COUNT", "RETURN", "LOAD"]
                ),
                name="scan_step",
            ),
            models.CheckConstraint(
                condition=Q(
                    result__in=[
                        "RIGHT",
                        "UNSCANNED",
                        "WRONG_BIN",
                        "WRONG_ARTICLE",
                        "WRONG_QUANTITY",
                        "INCOMPLETE",
                        "UNKNOWN",
                        "SHORT",
                        "UNDONE",
                        "LATE",
                        "WRONG_WEIGHT",
                    ]
                ),
                name="scan_result",
            ),
            models.CheckConstraint(
                condition=~Q(step__in=["PACK", "SHIP"]) | Q(shipment__isnull=False), name="scan_of_shipment"
            ),
            models.CheckConstraint(
                condition=Q(quantity=0) | Q(result__in=["RIGHT", "UNSCANNED", "SHORT", "UNDONE"]), name="scan_moved"
            ),
            models.CheckConstraint(  # what leaves the van again takes back a state, which many scans may have made
                condition=Q(~Q(result="UNDONE"), undoes=None)
                | Q(result="UNDONE", undoes__isnull=False)
                | Q(result="UNDONE", undoes=None, step="LOAD"),
                name="scan_undone_by_what_takes_it_back",
            ),
        ]
        indexes = [
            models.Index(fields=["shipment", "-id"], name="scan_of_shipment_newest"),
            models.Index(fields=["by", "step", "-id"], name="scan_of_person_newest"),
            models.Index(fields=["line"], condition=models.Q(result="SHORT"), name="scan_short_of_line"),
        ]

    def __str__(self) -> str:
        return self.sentence

    @property
    def is_undone(self) -> bool:
        return hasattr(self, "undone_by")

    @property
    def is_done(self) -> bool:
        """Say whether it did what was asked for; else nothing changed."""
        return self.result in self.DONE
