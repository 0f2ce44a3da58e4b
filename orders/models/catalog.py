"""What can be ordered."""

from django.db import models


class Product(models.Model):
    """An article, known by its SKU."""

    sku = models.CharField("SKU", max_length=64, unique=True)
    name = models.CharField(max_length=255)
    department = models.CharField(max_length=255, blank=True)
    brand = models.CharField(max_length=255, blank=True)
    package_size = models.CharField(max_length=255, blank=True)
    weight_grams = models.PositiveIntegerField("weight in grams", null=True, blank=True)

    class Meta:
        ordering = ["sku"]
        constraints = [models.CheckConstraint(condition=~models.Q(sku=""), name="product_sku_given")]

    def __str__(self) -> str:
        return f"{self.sku} {self.name}"
