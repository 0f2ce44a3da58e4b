"""Makes a bearer key for the API, and prints it: the only time that it can be read."""

from typing import Any

from django.core.management.base import CommandParser

from orders.management.channels import channel_named
from orders.management.house import HouseCommand
from orders.models import SCOPES
from orders.services import issue_key


class Command(HouseCommand):
    help = "Make an API key of a channel, which is made if there is none, and print it once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("channel", help="name of the channel: letters, digits, - and _")
        parser.add_argument(
            "--scope", action="append", choices=SCOPES, help="may be given many times; all if not given"
        )
        parser.add_argument("--name", default="", help="what the key is for")

    def handle(self, *_args: Any, channel: str, scope: list[str] | None, name: str, **_options: Any) -> None:
        _key, secret = issue_key(channel_named(channel), name=name, scopes=list(set(scope or SCOPES)))
        self.stderr.write(f"A key of {channel}. It is shown only now: keep it.")
        self.stdout.write(secret)
