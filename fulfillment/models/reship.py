"""What is lost or damaged on its way, and may go again: staff decides."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django_fsm import FSMField, transition

from fulfillment.models.shipment import Parcel
from orders.models import Order


class Reship(models.Model):
    """A parcel whose contents may go again, as an order of their own. Each has one: what was decided stays so."""

    class Cause(models.TextChoices):
        LOST = "LOST", "Lost"
        DAMAGED = "DAMAGED", "Damaged"

    class Status(models.TextChoices):
        PROPOSED = "PROPOSED", "To be decided"
        SENT = "SENT", "Sent again"
        DECLINED = "DECLINED", "Not sent again"
        WITHDRAWN = "WITHDRAWN", "Not needed"

    DECIDED = (Status.SENT, Status.DECLINED)

    order = models.ForeignKey(Order, models.PROTECT, related_name="reships")
    parcel = models.OneToOneField(Parcel, models.PROTECT, related_name="reship")
    cause = models.CharField("why", max_length=8, choices=Cause)
    status = FSMField(max_length=9, choices=Status.choices, default=Status.PROPOSED, protected=True)
    replacement = models.OneToOneField(Order, models.PROTECT, null=True, blank=True, related_name="reship_of")
    proposed_at = models.DateTimeField("since", default=timezone.now)

    class Meta:
        verbose_name_plural = "parcels to send again"
        ordering = ["-pk"]
        default_permissions = ("view",)
        permissions = [("decide_reship", "Can send what is lost or damaged again")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["PROPOSED", "SENT", "DECLINED", "WITHDRAWN"]), name="reship_status"
            ),
            models.CheckConstraint(condition=Q(cause__in=["LOST", "DAMAGED"]), name="reship_cause"),
            models.CheckConstraint(
                condition=Q(status="SENT", replacement__isnull=False) | (~Q(status="SENT") & Q(replacement=None)),
                name="reship_sent_as_an_order",
            ),
        ]

    def __str__(self) -> str:
        return self.parcel.number

    @transition(status, Status.WITHDRAWN, Status.PROPOSED, custom={"kind": "reship.proposed"})
    def propose(self) -> None:
        self.proposed_at = timezone.now()

    @transition(status, Status.PROPOSED, Status.SENT, custom={"kind": "reship.sent"})
    def send(self, replacement: Order) -> None:
        self.replacement = replacement

    @transition(status, Status.PROPOSED, Status.DECLINED, custom={"kind": "reship.declined"})
    def decline(self) -> None:
        pass

    @transition(status, Status.PROPOSED, Status.WITHDRAWN, custom={"kind": "reship.withdrawn"})
    def withdraw(self) -> None:
        pass
