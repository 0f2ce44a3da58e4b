"""`create_endpoint PROVIDER`: opens an inbound hook and prints its path, with the token in it, and its secret."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from orders.lifecycle import Refused
from orders.management.channels import channel_named
from orders.management.house import HouseCommand
from orders.models import Endpoint
from orders.services import open_endpoint


class Command(HouseCommand):
    """The secret can be read again in no page: whoever needs it takes it from here."""

    help = "Open an inbound hook; prints its path and its secret."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("provider")
        parser.add_argument(
            "--channel", default="", help="it reaches the orders of this channel only, else all; made if there is none"
        )
        parser.add_argument("--secret", action="append", default=[], help="one of your own; the first is the current")
        parser.add_argument("--accept-v2", action="store_true", help="believe EasyPost's second signature alone")
        parser.add_argument("--test", action="store_true", help="for tests: needs a channel")

    def handle(self, *_: Any, **options: Any) -> None:
        mode = Endpoint.Mode.TEST if options["test"] else Endpoint.Mode.LIVE
        name = options["channel"]
        try:
            with transaction.atomic():
                channel = channel_named(name) if name else None
                endpoint = open_endpoint(
                    provider=options["provider"],
                    mode=mode,
                    channel=channel,
                    secrets=options["secret"],
                    accept_v2=options["accept_v2"],
                )
        except Refused as refusal:
            raise CommandError(refusal.sentence) from refusal
        self.stdout.write(endpoint.secret_path)
        if endpoint.secrets:
            self.stdout.write(endpoint.secrets[0])
        else:
            self.stderr.write(
                "Its provider makes the secret: enter it in the admin under Endpoints, or open with --secret."
            )
