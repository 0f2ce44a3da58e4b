"""Days on which a warehouse sends nothing, besides its free weekdays."""

from django.db import models

from fulfillment.models.stock import Warehouse


class Holiday(models.Model):
    """A day on which a warehouse is closed."""

    warehouse = models.ForeignKey(Warehouse, models.CASCADE, related_name="holidays", db_index=False)
    day = models.DateField()
    name = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ["day", "warehouse"]
        constraints = [models.UniqueConstraint(fields=["warehouse", "day"], name="holiday_once")]

    def __str__(self) -> str:
        return f"{self.name or 'Holiday'} of {self.warehouse}"
