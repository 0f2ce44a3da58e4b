from typing import Any

from django.db import migrations, models
from django.db.models import Q


def name_doubles(apps: Any, _editor: Any) -> None:
    """Give whatever came in twice without a channel a name of its own; nothing that came in is deleted."""
    nobodys = apps.get_model("orders", "Inbox").objects.filter(endpoint=None, channel=None)
    earlier = nobodys.filter(source=models.OuterRef("source"), dedupe_key=models.OuterRef("dedupe_key")).filter(
        Q(received_at__lt=models.OuterRef("received_at"))
        | Q(received_at=models.OuterRef("received_at"), pk__lt=models.OuterRef("pk"))
    )
    for row in list(nobodys.filter(models.Exists(earlier)).only("pk", "dedupe_key")):
        suffix = f":{row.pk}"
        row.dedupe_key = row.dedupe_key[: 255 - len(suffix)] + suffix
        row.save(update_fields=["dedupe_key"])


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0001_initial"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="endpoint",
            constraint=models.CheckConstraint(condition=models.Q(("mode__in", ["LIVE", "TEST"])), name="endpoint_mode"),
        ),
        migrations.RunPython(name_doubles, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            model_name="inbox",
            constraint=models.UniqueConstraint(
                condition=models.Q(("channel", None), ("endpoint", None)),
                fields=("source", "dedupe_key"),
                name="inbox_once_without_channel",
            ),
        ),
    ]
