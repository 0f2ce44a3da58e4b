from typing import Any

from django.apps import AppConfig
from django.apps import apps as all_apps
from django.db.models.signals import post_migrate


class TrackingConfig(AppConfig):
    name = "tracking"

    def ready(self) -> None:
        post_migrate.connect(start_with_what_words_mean, sender=self)


def start_with_what_words_mean(apps: Any = all_apps, **_: object) -> None:
    """A new house understands its carriers at once."""
    from tracking.services.seeds import start_codes

    if "carriercode" in apps.all_models["tracking"]:  # not where somebody migrates back
        start_codes()
