from django.db import migrations, models
from django.db.models import F, Value
from django.db.models.functions import Cast, Concat


def begin(apps, schema_editor):
    """What stands is news as far as the row tells; the next fold knows better."""
    trackers = apps.get_model("tracking", "Tracker").objects
    trackers.filter(status="DELIVERED").update(news="delivered", news_at=F("delivered_at"))
    trackers.filter(status="OUT_FOR_DELIVERY").update(news="out_for_delivery", news_at=F("out_for_delivery_at"))
    trackers.filter(status="AVAILABLE_FOR_PICKUP").update(news="available_for_pickup")
    attempt = Concat(Value("attempt:"), Cast("attempts", models.CharField()))
    trackers.filter(status="DELIVERY_ATTEMPT_FAILED").update(news=attempt)


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0015_given_up'),
    ]

    operations = [
        migrations.AddField(
            model_name='tracker',
            name='news',
            field=models.CharField(blank=True, help_text='The milestone that customers may be told of; all others are passed by.', max_length=64),
        ),
        migrations.AddField(
            model_name='tracker',
            name='news_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunPython(begin, migrations.RunPython.noop, elidable=True),
    ]
