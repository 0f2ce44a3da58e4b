"""Who ordered. Personal data stands here and on the order, never in the trail."""

from django.db import models

from orders.models.channel import Channel


class Customer(models.Model):
    """A person as one channel knows them. Without an e-mail each order makes its own."""

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="customers")
    email = models.EmailField(max_length=255, null=True, blank=True)
    name = models.CharField(max_length=255, blank=True)
    phone = models.CharField(max_length=64, blank=True)
    locale = models.CharField(max_length=35, default="en")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "email"], name="customer_once_a_channel"),
            models.CheckConstraint(condition=~models.Q(email=""), name="customer_email_null_or_given"),
        ]

    def __str__(self) -> str:
        return self.name or self.email or "—"
