"""The house as it stands on the net: what it refuses to start without, and whom it answers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

PUBLIC = {
    "PUBLIC_URL": "https://orders.example.com",
    "ALLOWED_HOSTS": "orders.example.com",
    "EMAIL_URL": "smtp://localhost",
    "SECRET_KEY": "a key for tests only",
}
ASK = """
import django
django.setup()
from django.conf import settings
from django.test import Client
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
for host, secure in [("127.0.0.1:8000", False), ("orders.example.com", True), ("evil.example.net", True)]:
    print(host, Client(headers={"Host": host}).get("/livez", secure=secure).status_code)
"""


def python(code: str, folder: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    env = os.environ | {"VAR_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings"} | env
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("missing", ["SECRET_KEY", "ALLOWED_HOSTS", "EMAIL_URL"])
def test_a_public_house_does_not_start_half_configured(missing: str, tmp_path: Path) -> None:
    ended = python("import config.settings", tmp_path, **PUBLIC | {missing: ""})
    assert ended.returncode == 1
    assert f"PUBLIC_URL is https://orders.example.com, so {missing} must be set as well." in ended.stderr


def test_a_database_that_is_not_ours_is_refused_by_name(tmp_path: Path) -> None:
    ended = python("import config.settings", tmp_path, DATABASE_URL="mysql://alice:secret@localhost/shop")
    assert ended.returncode == 1
    assert "DATABASE_URL has to be a postgresql:// or a sqlite:// one." in ended.stderr
    assert "secret" not in ended.stderr


def test_a_public_house_answers_its_name_and_probes_on_the_machine_and_nobody_else(tmp_path: Path) -> None:
    ended = python(ASK, tmp_path, **PUBLIC)
    assert ended.stdout.splitlines() == ["127.0.0.1:8000 200", "orders.example.com 200", "evil.example.net 400"]
    assert "Traceback" not in ended.stderr


@pytest.mark.django_db
def test_who_logs_in_by_the_login_page_itself_lands_in_the_admin(client: Client, django_user_model: type) -> None:
    django_user_model.objects.create_superuser("alice", password="a long password")
    response = client.post("/admin/login/", {"username": "alice", "password": "a long password"})
    assert (response.status_code, response["Location"]) == (302, "/admin/")
