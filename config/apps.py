from django.apps import AppConfig, apps
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinLengthValidator, MinValueValidator
from django.db.models.signals import post_migrate

SAID = {
    MinValueValidator: "It has to be %(limit_value)s or more.",
    MaxValueValidator: "It has to be %(limit_value)s or less.",
    MinLengthValidator: "It has to be %(limit_value)s characters or more. These are %(show_value)s.",
    MaxLengthValidator: "It has to be %(limit_value)s characters or less. These are %(show_value)s.",
}
"""What is wrong with a field, instead of Django's own "Ensure this value …"."""


class ConfigConfig(AppConfig):
    """The composition root, last of the apps: what it does after a migration sees everything."""

    name = "config"

    def ready(self) -> None:
        import config.celery  # noqa: F401 - makes our Celery app the current one
        from config.roles import apply_roles

        last = apps.get_app_config("notifications")  # by then the permissions of all apps exist
        post_migrate.connect(apply_roles, sender=last)
        for validator, sentence in SAID.items():
            validator.message = sentence
