"""Makes the first user: a superuser, with the password from ADMIN_PASSWORD or asked for."""

import getpass
import os
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from orders.management.house import HouseCommand


class Command(HouseCommand):
    help = "Make a superuser; the password comes from ADMIN_PASSWORD, or is asked for."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user")

    def handle(self, *_args: Any, user: str, **_options: Any) -> None:
        users = get_user_model().objects
        if users.filter(username=user).exists():
            raise CommandError(f"There is a user {user} already.")
        fresh = get_user_model()(username=user)
        try:
            fresh.clean_fields(exclude=["password"])
            password = os.environ.get("ADMIN_PASSWORD") or _ask()
            validate_password(password, fresh)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        users.create_superuser(username=user, password=password)
        self.stdout.write(f"{user} may now log in at /admin/.")


def _ask() -> str:
    password = getpass.getpass("Password: ")
    if getpass.getpass("Password (again): ") != password:
        raise CommandError("The two are not the same.")
    return password
