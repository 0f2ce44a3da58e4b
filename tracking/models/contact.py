"""How it stands between us and those who tell us of parcels: what we hear of them, and what we ask them.

What is heard is counted by the hour, so that nobody has to read the inbox for it.
"""

from django.db import models
from django.db.models import F, Q

from fulfillment.models import Parcel
from orders.models import Endpoint
from orders.models.secret_box import SecretListField


class Contact(models.Model):
    """An endpoint's provider. `keys` holds the key of its API, if we have one. Who asks holds the lease meanwhile.

    `next_at`: not before. `trouble` is what went wrong with the last question, in words; `alarm` what we make of what
    we hear.
    """

    class Alarm(models.TextChoices):
        NONE = "", "All is well"
        SILENT = "SILENT", "Its webhooks have stopped"
        LOSES = "LOSES", "Some of its webhooks get lost"

    endpoint = models.OneToOneField(Endpoint, models.PROTECT, related_name="contact")
    keys = SecretListField(default=list)
    is_asking = models.BooleanField(default=False)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    trouble = models.CharField(max_length=255, blank=True)
    alarm = models.CharField(max_length=8, choices=Alarm, blank=True)
    alarm_at = models.DateTimeField(null=True, blank=True)
    alarm_words = models.CharField(max_length=255, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(alarm__in=["", "SILENT", "LOSES"]), name="contact_alarm"),
            models.CheckConstraint(
                condition=Q(alarm="", alarm_at=None) | (~Q(alarm="") & Q(alarm_at__isnull=False)),
                name="contact_alarm_since",
            ),
        ]

    def __str__(self) -> str:
        return f"contact of {self.endpoint}"


class Heard(models.Model):
    """What came through an endpoint in an hour: deliveries, answers to what we asked, and those that were news."""

    endpoint = models.ForeignKey(Endpoint, models.PROTECT, related_name="hours", db_index=False)
    hour_at = models.DateTimeField()
    deliveries = models.PositiveIntegerField(default=0)
    answers = models.PositiveIntegerField(default=0)
    news = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["endpoint", "hour_at"], name="heard_once_an_hour")]

    def __str__(self) -> str:
        return f"{self.deliveries} at {self.hour_at}"


class QuestionQuerySet(models.QuerySet["Question"]):
    def open(self) -> "QuestionQuerySet":
        return self.filter(ended="")

    def due_first(self) -> "QuestionQuerySet":
        return self.order_by(F("is_urgent").desc(), "next_at", "pk")


class Question(models.Model):
    """When a provider is asked of a parcel next; or why it is not any more.

    `stopped_at`: it said that it does not watch the number any more, which says nothing of the parcel (F9).
    """

    class End(models.TextChoices):
        OPEN = "", "Asked"
        ARRIVED = "ARRIVED", "The parcel has arrived"
        OLD = "OLD", "It left too long ago"
        UNKNOWN = "UNKNOWN", "The provider does not know its number"

    endpoint = models.ForeignKey(Endpoint, models.PROTECT, related_name="questions", db_index=False)
    parcel = models.ForeignKey(Parcel, models.PROTECT, related_name="questions")
    next_at = models.DateTimeField(null=True)
    is_urgent = models.BooleanField(default=False)
    asked_at = models.DateTimeField(null=True, blank=True)
    misses = models.PositiveSmallIntegerField(default=0)
    stopped_at = models.DateTimeField(null=True, blank=True)
    ended = models.CharField(max_length=8, choices=End, blank=True)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "parcel"], name="question_once"),
            models.CheckConstraint(condition=Q(ended__in=["", "ARRIVED", "OLD", "UNKNOWN"]), name="question_ended"),
            models.CheckConstraint(
                condition=Q(ended="", next_at__isnull=False) | (~Q(ended="") & Q(next_at=None)), name="question_next"
            ),
        ]
        indexes = [
            models.Index(fields=["endpoint", "next_at"], condition=Q(ended=""), name="question_due"),
            models.Index(fields=["endpoint"], condition=Q(ended="UNKNOWN"), name="question_given_up"),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint} of {self.parcel}"
