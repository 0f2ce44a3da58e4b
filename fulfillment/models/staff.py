"""People on the floor: where they work, and the badge or PIN by which a shared device knows them."""

from django.conf import settings
from django.db import models

from fulfillment.models.stock import Warehouse


class Staff(models.Model):
    """What the floor knows of a user. Badge and PIN stand here as digests only."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="staff")
    warehouses = models.ManyToManyField(Warehouse, blank=True, related_name="staff", help_text="None: all of them.")
    badge_digest = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    pin = models.CharField(max_length=128, blank=True, editable=False, help_text="Hashed as passwords are.")
    tries = models.PositiveSmallIntegerField(default=0, editable=False, help_text="Wrong PINs in a row.")
    tried_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name_plural = "staff"
        ordering = ["user"]

    def __str__(self) -> str:
        return str(self.user)
