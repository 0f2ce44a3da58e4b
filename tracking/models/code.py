"""What carriers' words mean: a table that people change, what is missing in it, and changes that history follows."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from tracking.models.tracker import Status


class Field(models.TextChoices):
    """Which of a carrier's words: the main status, what refines it, or the carrier's own code, which adds a reason."""

    STATUS = "status", "Status"
    DETAIL = "detail", "Detail"
    EVENT = "event", "Code"


FIELDS = Q(field__in=Field.values)


class Word(models.Model):
    """A word of a provider, as it is compared: lower case, with `_` between. `carrier` is empty for every carrier."""

    provider = models.SlugField(max_length=32, db_index=False)
    carrier = models.CharField(max_length=64, blank=True)
    field = models.CharField(max_length=8, choices=Field)
    code = models.CharField(max_length=128)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return " ".join(filter(None, (self.provider, self.carrier, self.code)))


class CarrierCode(Word):
    """What a word means. Looked up whenever a parcel is folded, so that a change repairs the past.

    `changed_by` is empty while it is as the house started with it.
    """

    status = models.CharField(max_length=24, choices=Status, blank=True, help_text="Empty: the main status decides.")
    when = models.JSONField(
        default=list, blank=True, help_text="Main statuses under which its status counts; all if there is none."
    )
    reason = models.CharField(max_length=32, blank=True)
    is_action_required = models.BooleanField("customer has to act", default=False)
    is_final = models.BooleanField("wins over any detail", default=False)
    changed_by = models.CharField(max_length=64, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "carrier's word"
        verbose_name_plural = "carriers' words"
        ordering = ["provider", "field", "code", "carrier"]
        default_permissions = ("view",)
        permissions = [("map_code", "Can say what carriers' words mean")]
        constraints = [
            models.UniqueConstraint(fields=["provider", "carrier", "field", "code"], name="carrier_code_once"),
            models.CheckConstraint(condition=Q(status__in=["", *Status.values]), name="carrier_code_status"),
            models.CheckConstraint(condition=FIELDS, name="carrier_code_field"),
            models.CheckConstraint(condition=~Q(code=""), name="carrier_code_code"),
        ]


class UnmappedCode(Word):
    """A word that nobody has mapped: what it was said of is kept as unknown, or as its family, until somebody does."""

    first_seen_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    times = models.PositiveIntegerField(default=0, help_text="How many messages held it.")

    class Meta:
        verbose_name = "unknown word"
        ordering = ["-last_seen_at"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["provider", "carrier", "field", "code"], name="unmapped_code_once"),
            models.CheckConstraint(condition=FIELDS, name="unmapped_code_field"),
        ]


class Remapping(Word):
    """A change of what a word means, and how far history has followed it: up to the parcel `cursor`.

    `left`: the trackers that could not be folded so far. It is finished when there is none.
    """

    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    by = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)
    cursor = models.PositiveBigIntegerField(default=0)
    looked_at = models.PositiveIntegerField("parcels looked at", default=0)
    changed = models.PositiveIntegerField("parcels put right", default=0)
    left = models.JSONField(default=list)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "change of meaning"
        verbose_name_plural = "changes of meaning"
        ordering = ["-pk"]
        default_permissions = ("view",)
        constraints = [models.CheckConstraint(condition=FIELDS, name="remapping_field")]
        indexes = [models.Index(fields=["id"], condition=Q(finished_at=None), name="remapping_open")]
