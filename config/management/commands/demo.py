"""`demo`: a little shop on this machine, and a working day in it that can be watched."""

import logging
import os
import secrets
import sys
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser
from django.urls import Resolver404, resolve

from config import processes
from config.demo import seed, shop
from config.management.commands.simulate import refuse_nonsense
from orders.lifecycle import Refused

HOST, PORT = "127.0.0.1", 8000
DAY_ORDERS, EXIT_ORDERS = 500, 50
PLACES = {
    "Look up an order": "/",
    "Warehouse floor": "/floor/",
    "Reports": "/reports/",
    "Admin": "/admin/",
    "API": "/api/v1/docs",
}


class Command(BaseCommand):
    help = "Run a demo shop with a simulated working day. Ctrl-C stops it all."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, help=f"{PORT} if not given")
        parser.add_argument("--speed", type=float, default=1.0, metavar="X", help="so many times as fast")
        parser.add_argument("--orders", type=int, metavar="N", help=f"orders of the day: {DAY_ORDERS} if not given")
        parser.add_argument("--exit", action="store_true", help="bring all orders to the door, give account, and end")

    def handle(self, *, port: int | None, speed: float, orders: int | None, **options: Any) -> None:
        orders = orders or (EXIT_ORDERS if options["exit"] else DAY_ORDERS)
        refuse_nonsense(orders, speed)
        port = port or _port(may_be_any=options["exit"])
        password = _prepare(port)
        url, log_dir = f"http://{HOST}:{port}", settings.VAR_DIR / "logs"
        work = ["--orders", str(orders), "--speed", str(speed), "--url", url]
        if options["exit"]:
            task: dict[str, Any] = {"name": "simulation", "command": [sys.executable, "manage.py", "simulate", *work]}
        else:
            log = ["--log", str(log_dir / "day.log")]
            task = {"name": "day", "command": [sys.executable, "-m", "config.demo", *work, *log]}
        task |= {"is_task": True, "is_last": options["exit"]}
        # nothing leaves this machine, and nothing comes in from outside, whatever .env says
        env = {"PUBLIC_URL": url, "ALLOWED_HOSTS": "", "EMAIL_URL": ""}
        env["AFTERSHIP_URL"] = f"http://{HOST}:{processes.free_port(HOST)}"  # where the carrier can be asked
        processes.become_supervisor(
            processes.plan(HOST, port, env=env, log_dir=log_dir, tasks=[task]),
            ready_url="" if options["exit"] else f"{url}/livez",
            announcement=_welcome(url, password, seed.visitors_key()),
        )


def _port(*, may_be_any: bool) -> int:
    return processes.free_port(HOST) if may_be_any and processes.is_taken(HOST, PORT) else PORT


def _prepare(port: int) -> str:
    """Set the house and the shop up; return the password of the staff. Raises CommandError."""
    logging.getLogger("orders.outbox").setLevel(logging.ERROR)  # nobody hears the bell yet
    processes.prepare(HOST, port)
    password = os.environ.get("DEMO_PASSWORD") or secrets.token_urlsafe(9)
    try:
        seed.seed()
    except Refused as refusal:
        raise CommandError(refusal.sentence) from None
    seed.set_password(password)
    return password


def _welcome(url: str, password: str, key: str) -> str:
    places = [f"  {name:<18}{url}{path}" for name, path in PLACES.items() if _is_there(path)]
    staff = [f"  {name:<8}{_of(name)}" for name in seed.STAFF]
    badges = [f"  {name:<8}PIN {pin}  {badge}" for name, (badge, pin) in seed.badges().items()]
    return "\n".join(
        [
            f"\n{shop.TITLE} is open. All of it is made up, and no mail leaves this machine.\n",
            *places,
            f"\nLog in with the password {password} as\n",
            *staff,
            "\nOn a device that somebody has opened the floor on, others take over by badge or PIN:\n",
            *badges,
            f"\nA key for the API: {key}",
            f"What the processes say goes to {settings.VAR_DIR / 'logs'}. Ctrl-C stops them all.",
        ]
    )


def _of(name: str) -> str:
    return f"{seed.STAFF[name][1]}{f' in {shop.WAREHOUSE} alone' if name in seed.SCOPED else ''}"


def _is_there(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True
