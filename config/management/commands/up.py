"""`up`: the whole house on this machine, for real use."""

from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandParser

from config import processes


class Command(BaseCommand):
    help = "Runs web server, worker, beat and, where no REDIS_URL is set, Valkey. Ctrl-C stops them all."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *, host: str, port: int, **_: Any) -> None:
        processes.prepare(host, port)
        processes.become_supervisor(
            processes.plan(host, port),
            ready_url=f"http://{host}:{port}/livez",
            announcement=f"Ordertrail answers at {settings.PUBLIC_URL} (port {port} here). Ctrl-C stops it.",
        )
