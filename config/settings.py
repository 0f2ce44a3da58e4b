"""All settings, from the environment (see .env.example): secure by default, on loopback with nothing set.

Where PUBLIC_URL is not loopback, whatever a public site needs must be named, else we refuse to start.
"""

import contextlib
import os
import secrets
import tempfile
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env

from config.unfold import UNFOLD  # noqa: F401 - the theme reads it from here

env = Env()
env.read_env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var")))
VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

# --- where we are ----------------------------------------------------------------------------------------

PUBLIC_URL = env.str("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
_public = urlsplit(PUBLIC_URL)
IS_LOOPBACK = _public.hostname in {"127.0.0.1", "localhost", "::1"}
IS_HTTPS = _public.scheme == "https"
REQUIRED_IN_PUBLIC = ("SECRET_KEY", "ALLOWED_HOSTS", "EMAIL_URL")

_missing = [name for name in REQUIRED_IN_PUBLIC if not env.str(name, "")]
if _missing and not IS_LOOPBACK:
    raise ImproperlyConfigured(f"PUBLIC_URL is {PUBLIC_URL}, so {', '.join(_missing)} must be set as well.")


def _kept_secret(path: Path) -> str:
    """Return the random key kept in `path`, made at the first call and readable by its owner only."""
    if not path.exists():
        fd, fresh = tempfile.mkstemp(dir=path.parent)  # 0600, and linked whole: of two that start at once one wins
        with os.fdopen(fd, "w") as file:
            file.write(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        Path(fresh).unlink()
    return path.read_text()


SECRET_KEY = env.str("SECRET_KEY", "") or _kept_secret(VAR_DIR / "secret.key")
DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = [*env.list("ALLOWED_HOSTS", []), "127.0.0.1", "localhost", "[::1]"]  # probes ask on the machine itself
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# --- what we are made of ---------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "ninja",
    "import_export",
    "csp",
    "orders",
    "fulfillment",
    "tracking",
    "notifications",
    "config",
]

MIDDLEWARE = [
    "config.middleware.RequestIdMiddleware",
    "config.middleware.ProblemMiddleware",
    "config.middleware.BodyLimitMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.UnchangedMiddleware",
    "config.middleware.PolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.FloorSessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.RefusedMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- where things are kept -------------------------------------------------------------------------------

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON;"
    "PRAGMA journal_size_limit=67108864; PRAGMA trusted_schema=OFF; PRAGMA cache_size=-32000;"
)

_database = env.dj_db_url("DATABASE_URL", f"sqlite:///{VAR_DIR / 'ordertrail.sqlite3'}")
if _database["ENGINE"].endswith("sqlite3"):
    _database["ENGINE"] = "config.sqlite"
    _database["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": SQLITE_PRAGMAS}
    _database["TEST"] = {"NAME": env.str("TEST_SQLITE", str(VAR_DIR / "test.sqlite3"))}
elif _database["ENGINE"].endswith("postgresql"):
    _database["ENGINE"] = "config.postgresql"
    _database["OPTIONS"] = {"server_side_binding": True, "prepare_threshold": 1} | _database.get("OPTIONS", {})
else:
    raise ImproperlyConfigured("DATABASE_URL has to be a postgresql:// or a sqlite:// one.")
DATABASES = {"default": _database | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 2000},
    },
}

# --- the doorbell (the database is the queue: whatever is lost here is found there) ---------------------------

REDIS_URL = env.str("REDIS_URL", "")
CELERY_BROKER_URL = REDIS_URL or f"redis+socket://{VAR_DIR / 'valkey.sock'}"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False  # a thread cannot be; leases guard what it does
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "socket_timeout": 5,  # a blocking read lasts 1 s
    "socket_connect_timeout": 3,
    "health_check_interval": 5,  # a connection that went silent is given up after 11 s, not after 51
}
CELERY_WORKER_CONSUMER = "config.broker:PatientConsumer"
CELERY_BEAT_SCHEDULER = "config.broker:PatientScheduler"
CELERY_DB_REUSE_MAX = 10_000
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "relay": {"task": "notifications.tasks.relay", "schedule": 2.0, "options": {"expires": 10}},
    "understand": {"task": "tracking.tasks.understand", "schedule": 5.0, "options": {"expires": 10}},
    "look-up": {"task": "tracking.tasks.look_up", "schedule": 5.0, "options": {"expires": 10}},
    "replay": {"task": "tracking.tasks.replay", "schedule": 30.0, "options": {"expires": 30}},
    "watch": {"task": "tracking.tasks.watch", "schedule": 300.0, "options": {"expires": 300}},
    "learn-lanes": {"task": "tracking.tasks.learn", "schedule": 86_400.0, "options": {"expires": 3600}},
    "ask": {"task": "tracking.tasks.ask", "schedule": 60.0, "options": {"expires": 60}},
    "listen": {"task": "tracking.tasks.listen", "schedule": 300.0, "options": {"expires": 300}},
    "adopt": {"task": "tracking.tasks.adopt", "schedule": 20.0, "options": {"expires": 20}},
    "estimate": {"task": "tracking.tasks.estimate", "schedule": 20.0, "options": {"expires": 20}},
    "allocate": {"task": "fulfillment.tasks.allocate", "schedule": 15.0, "options": {"expires": 15}},
    "plan-counts": {"task": "fulfillment.tasks.plan", "schedule": 86_400.0, "options": {"expires": 3600}},
    "settle-counts": {"task": "fulfillment.tasks.settle_counts", "schedule": 60.0, "options": {"expires": 60}},
    "lift-holds": {"task": "orders.tasks.lift_due_holds", "schedule": 60.0, "options": {"expires": 60}},
    "record-delays": {"task": "orders.tasks.record_delays", "schedule": 60.0, "options": {"expires": 60}},
    "forget": {"task": "orders.tasks.forget_old_keys", "schedule": 3600.0, "options": {"expires": 3600}},
}

# --- whom we ask of parcels ------------------------------------------------------------------------------

PROVIDER_URLS = {
    "easypost": env.str("EASYPOST_URL", "https://api.easypost.com"),
    "aftership": env.str("AFTERSHIP_URL", "https://api.aftership.com"),
    "karrio": env.str("KARRIO_URL", "https://api.karrio.io"),
    "17track": env.str("SEVENTEENTRACK_URL", "https://api.17track.net"),
}

# --- mail ------------------------------------------------------------------------------------------------

EMAIL_URL = env.str("EMAIL_URL", "")
IS_MAIL_KEPT = not EMAIL_URL  # nothing goes out: every mail can be read in the admin
if IS_MAIL_KEPT:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
else:
    _email = env.dj_email_url("EMAIL_URL")
    EMAIL_BACKEND, EMAIL_HOST, EMAIL_PORT = (
        _email["EMAIL_BACKEND"],
        _email["EMAIL_HOST"],
        _email["EMAIL_PORT"],
    )
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_USER"], _email["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS, EMAIL_USE_SSL = _email["EMAIL_USE_TLS"], _email["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", f"orders@{_public.hostname if not IS_LOOPBACK else 'example.com'}")

# --- language and time ------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
TIME_ZONE = env.str("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = "config.formats"

# --- files -----------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- limits and defences ----------------------------------------------------------------------------------

BODY_LIMIT = 5 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_LIMIT
LOGIN_URL, LOGIN_REDIRECT_URL = "/admin/login/", "/admin/"
AUTHENTICATION_BACKENDS = ["orders.access.PeopleBackend", "fulfillment.services.switch.FloorBackend"]
FLOOR_IDLE = timedelta(minutes=env.int("FLOOR_IDLE_MINUTES", 30))  # then a shared device asks again who is there
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_REFERRER_POLICY = "same-origin"  # no-referrer makes browsers send "Origin: null", and no form passes CSRF
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    },
}
ADMIN_CONTENT_SECURITY_POLICY = {  # Unfold's Alpine compiles its expressions and sets styles
    "script-src": [SELF, "'unsafe-eval'"],
    "style-src": [SELF, "'unsafe-inline'"],
    "frame-src": [SELF],  # the preview of a message, which has a policy of its own
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "config.logs.WithoutWords", "format": "{asctime} {levelname} {name}: {message}", "style": "{"}
    },
    "filters": {"without_tokens": {"()": "config.logs.WithoutTokens"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["without_tokens"]}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"django.security.DisallowedHost": {"level": "CRITICAL"}},  # whoever scans the net would fill the log
}

IMPORT_EXPORT_USE_TRANSACTIONS = True
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
