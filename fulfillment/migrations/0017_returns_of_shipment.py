import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0016_holidays")]

    operations = [
        migrations.AlterField(
            model_name="return",
            name="shipment",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="returns",
                to="fulfillment.shipment",
            ),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "RECEIVED")), fields=("shipment",), name="return_of_shipment_at_desk"
            ),
        ),
    ]
