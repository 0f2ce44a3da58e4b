"""With nothing set every command works on loopback; beyond it, what is missing is named and nothing starts."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from tests.api import row_counts
from tests.factories import Shop

PUBLIC = {
    "PUBLIC_URL": "https://orders.example.com",
    "ALLOWED_HOSTS": "orders.example.com",
    "EMAIL_URL": "smtp://localhost",
    "SECRET_KEY": "kZ4" * 20 + "-of-a-test",
}


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a machine on which nothing was set up, with an empty database of the tests' engine."""
    named = {"SECRET_KEY", "REDIS_URL", "EMAIL_URL", "DATABASE_URL", "PUBLIC_URL", "ALLOWED_HOSTS"}
    env = {name: value for name, value in os.environ.items() if name not in named} | {"VAR_DIR": str(tmp_path / "var")}
    if connection.vendor == "sqlite":
        yield env
        return
    name = f"fresh_{os.getpid()}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        yield env | {"DATABASE_URL": urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()}
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def manage(*words: object, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "manage.py", *map(str, words)]
    return subprocess.run(command, cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, check=False)


@pytest.mark.django_db(transaction=True)
def test_the_first_command_sets_an_empty_database_up(fresh: dict[str, str], tmp_path: Path) -> None:
    products = tmp_path / "products.csv"
    products.write_text("sku,name,department,brand,package_size\nMUG-01,Enamel mug,,,\n")
    first = manage("import_products", products, env=fresh)
    assert (first.returncode, first.stdout, first.stderr) == (0, "products.csv, 1 products: 1 new.\n", "")
    audit = manage("audit", env=fresh)
    assert (audit.returncode, audit.stdout.endswith(": clean.\n")) == (0, True)
    key = Path(fresh["VAR_DIR"]) / "secret.key"
    assert (key.stat().st_mode & 0o777, len(key.read_text()) > 60) == (0o600, True)


@pytest.mark.django_db
def test_a_database_that_lags_behind_is_told_of_and_left_alone(shop: Shop) -> None:
    MigrationRecorder(connection).migration_qs.filter(app="tracking").delete()
    before = row_counts()
    with pytest.raises(CommandError, match="lags behind this version: run `uv run manage.py migrate`"):
        call_command("create_api_key", "web")
    assert row_counts() == before


@pytest.mark.parametrize("missing", [["SECRET_KEY"], ["ALLOWED_HOSTS"], ["EMAIL_URL"], [*PUBLIC][1:]])
def test_a_public_site_that_is_set_up_by_half_does_not_start(missing: list[str], tmp_path: Path) -> None:
    env = os.environ | PUBLIC | dict.fromkeys(missing, "") | {"VAR_DIR": str(tmp_path)}
    done = manage("check", env=env)
    assert done.returncode == 1
    [named] = re.findall(r"PUBLIC_URL is https://orders.example.com, so (.*) must be set as well\.", done.stderr)
    assert set(named.split(", ")) == set(missing)
    assert list(tmp_path.iterdir()) == []


def test_a_public_site_that_is_set_up_wholly_passes_the_check_of_a_deployment(tmp_path: Path) -> None:
    env = os.environ | PUBLIC | {"VAR_DIR": str(tmp_path)}
    del env["DJANGO_ALLOW_ASYNC_UNSAFE"]  # of the browser tests
    done = manage("check", "--deploy", "--fail-level", "WARNING", env=env)
    assert (done.returncode, "no issues" in done.stdout) == (0, True), done.stderr
    assert not (tmp_path / "secret.key").exists()


@pytest.mark.parametrize("command", [["demo", "--exit"], ["simulate", "--orders", "1"]])
@pytest.mark.parametrize("foreign", ["an order", "a user"])
def test_the_demo_leaves_a_shop_that_is_not_its_own_alone(
    shop: Shop, command: list[str], foreign: str, monkeypatch: pytest.MonkeyPatch, django_user_model: Any
) -> None:
    if foreign == "an order":
        shop.order((shop.mug, 1))
    else:
        django_user_model.objects.create_user("alice", "alice@shop.example.com")
    monkeypatch.setattr("config.processes.prepare", lambda *_: None)  # it is migrated
    before = row_counts()
    with pytest.raises(CommandError, match="that the demo did not make"):
        call_command(*command)
    assert row_counts() == before
