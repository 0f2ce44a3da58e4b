"""The Celery app. A task is a doorbell: it carries ids at most, and what it does is found in the database."""

import os
import warnings

from celery import Celery
from celery.exceptions import SecurityWarning
from celery.signals import task_prerun
from django.db import close_old_connections

warnings.filterwarnings("ignore", category=SecurityWarning)  # six lines, wherever root runs it in a container
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("ordertrail")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.set_default()
app.autodiscover_tasks()


@task_prerun.connect
def _drop_broken_connections(**_: object) -> None:
    """Look at the database's connections as Django does before a request: with CELERY_DB_REUSE_MAX nobody else does."""
    close_old_connections()
