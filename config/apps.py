from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class ConfigConfig(AppConfig):
    """The composition root, last of the apps: what it does after a migration sees everything."""

    name = "config"

    def ready(self) -> None:
        import config.celery  # noqa: F401 - makes our Celery app the current one
        from config.roles import apply_roles

        last = apps.get_app_config("notifications")  # by then the permissions of all apps exist
        post_migrate.connect(apply_roles, sender=last)
