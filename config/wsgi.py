"""What the web server calls."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import resolve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
resolve("/livez")  # so that all pages are read before the door opens, not while the first guests wait
