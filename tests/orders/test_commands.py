"""`create_api_key` and `create_admin`."""

import getpass
import io

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.test import Client

from orders.models import SCOPES, ApiKey, Channel

GOOD = "a long way to the door"


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_a_key_is_printed_alone_once_and_opens_the_api(db: None) -> None:
    printed = run("create_api_key", "web", "--name", "the shop")
    key = ApiKey.objects.get()
    assert (key.channel.name, key.name, key.scopes) == ("web", "the shop", sorted(SCOPES))
    assert printed == f"{printed.strip()}\n"
    assert printed.strip() not in (key.digest, key.prefix)
    opened = Client().get("/api/v1/orders", headers={"Authorization": f"Bearer {printed.strip()}"})
    assert opened.status_code == 200


def test_a_key_has_the_scopes_it_was_given_and_its_channel_is_made_once(db: None) -> None:
    run("create_api_key", "till", "--scope", "stock:read", "--scope", "orders:write")
    run("create_api_key", "till")
    first, second = ApiKey.objects.order_by("pk")
    assert (first.scopes, first.channel, Channel.objects.count()) == (["orders:write", "stock:read"], second.channel, 1)


@pytest.mark.parametrize("words", [("web", "--scope", "everything"), ("the shop",), ("x" * 65,)])
def test_a_channel_or_scope_that_is_none_is_refused(db: None, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run("create_api_key", *words)
    assert (ApiKey.objects.count(), Channel.objects.count()) == (0, 0)


def test_an_admin_gets_the_password_of_the_environment(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", GOOD)
    assert "alice" in run("create_admin", "alice")
    alice = get_user_model().objects.get()
    assert (alice.username, alice.is_superuser, alice.is_staff) == ("alice", True, True)
    assert alice.check_password(GOOD)
    with pytest.raises(CommandError, match="There is a user alice already"):
        run("create_admin", "alice")


def test_without_one_in_the_environment_the_password_is_asked_for_twice(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ADMIN_PASSWORD", raising=False)
    said = iter([GOOD, GOOD, GOOD, "something else"])
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: next(said))
    run("create_admin", "alice")
    with pytest.raises(CommandError, match="not the same"):
        run("create_admin", "bob")
    assert [user.username for user in get_user_model().objects.all()] == ["alice"]


@pytest.mark.parametrize(("user", "password"), [("alice", "short"), ("alice", "password123"), ("al ice", GOOD)])
def test_a_weak_password_or_a_name_that_is_none_makes_no_admin(
    db: None, monkeypatch: pytest.MonkeyPatch, user: str, password: str
) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", password)
    with pytest.raises(CommandError):
        run("create_admin", user)
    assert get_user_model().objects.count() == 0
