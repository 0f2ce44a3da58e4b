"""What was learnt of lanes: how long parcels take on them, and how quiet they are. Written anew every night."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class LearntLane(models.Model):
    """A lane that enough parcels arrived on lately; what is empty stands for all of it.

    Hours are those of a carrier's clock, which stands still on Sundays (`tracking.lanes`).
    """

    carrier = models.CharField(max_length=64, blank=True)
    service = models.CharField(max_length=64, blank=True, help_text="Code of the shipping method.")
    origin = models.CharField(max_length=32, blank=True, help_text="Code of the warehouse.")
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(max_length=2, blank=True, help_text="How the postal code begins.")
    parcels = models.PositiveIntegerField(help_text="So many of the newest count.")
    p50 = models.FloatField(help_text="Half of them took no longer.")
    p90 = models.FloatField(help_text="Nine of ten took no longer.")
    late = models.FloatField(help_text="Hardly any took longer.")
    quiet_p95 = models.FloatField(help_text="19 of 20 never said nothing for longer.")
    quiet_limit = models.FloatField(help_text="Hardly any said nothing for longer.")
    learnt_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "lane"
        ordering = ["carrier", "service", "origin", "country", "region"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["carrier", "service", "origin", "country", "region"], name="lane_once"),
            models.CheckConstraint(
                condition=Q(p50__lte=F("p90"), p90__lte=F("late"), quiet_p95__lte=F("quiet_limit")),
                name="lane_in_order",
            ),
        ]

    def __str__(self) -> str:
        where = f"{self.country}-{self.region}" if self.region else self.country
        return " · ".join(filter(None, (self.carrier, self.service, self.origin, where)))
