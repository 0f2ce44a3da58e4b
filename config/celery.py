"""The Celery app. A task is a doorbell: it carries ids at most, and what it does is found in the database."""

import os
import warnings

from celery import Celery
from celery.exceptions import SecurityWarning

warnings.filterwarnings("ignore", category=SecurityWarning)  # six lines, wherever root runs it in a container
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("ordertrail")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.set_default()
app.autodiscover_tasks()
