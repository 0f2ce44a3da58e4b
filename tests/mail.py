"""Real mail servers on loopback: a plain one that keeps every copy, and one that honours Message-ID."""

import asyncio
import socket
import threading
from collections import Counter
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP


class Sink:
    """A plain mail server. `answers`: what it says to MAIL, RCPT and DATA instead of yes; each is a code or a list."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.connections = 0
        self.answers: dict[str, list[int | str]] = {}
        self.gate = threading.Event()
        self.gate.set()
        self.arrived = threading.Event()
        self.held = threading.Event()  # a mail arrived, and waits for its answer at the gate
        self.port = free_port()
        self.controller = Controller(_Handler(self), hostname="127.0.0.1", port=self.port, ready_timeout=10)

    def __enter__(self) -> Self:
        self.controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.gate.set()
        self.controller.stop()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def ids(self) -> list[str]:
        return [mail["Message-ID"] for mail in self.mails]

    @property
    def subjects(self) -> list[str]:
        return [mail["Subject"] for mail in self.mails]

    def keep(self, mail: EmailMessage) -> None:
        self.mails.append(mail)

    def clear(self) -> None:
        self.mails.clear()
        self.envelopes.clear()
        self.answers.clear()


class KeyedSink(Sink):
    """A mail server that keeps one copy of each Message-ID, as most mailboxes show it, and counts what came."""

    def __init__(self) -> None:
        super().__init__()
        self.copies: Counter[str] = Counter()

    def keep(self, mail: EmailMessage) -> None:
        self.copies[mail["Message-ID"]] += 1
        if mail["Message-ID"] not in self.ids:
            super().keep(mail)


class _Handler:
    def __init__(self, sink: Sink) -> None:
        self.sink = sink

    async def handle_EHLO(
        self, _server: SMTP, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.sink.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, _server: SMTP, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        envelope.mail_from = address
        return self._answer("MAIL") or "250 OK"

    async def handle_RCPT(self, _server: SMTP, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        answer = self._answer("RCPT")
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Any) -> str:
        answer = self._answer("DATA")
        if answer and not answer.startswith("drop"):
            return answer
        self.sink.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        self.sink.keep(message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        self.sink.arrived.set()
        if not self.sink.gate.is_set():
            self.sink.held.set()
            await asyncio.to_thread(self.sink.gate.wait, 20)
        if answer:
            server.transport.abort()
        return "250 OK"

    def _answer(self, to: str) -> str | None:
        """Return the next answer for a command; `drop` at DATA takes the mail and breaks off before saying so."""
        planned = self.sink.answers.get(to, [])
        code = planned.pop(0) if planned else None
        return None if code in {None, 250} else f"{code} bob@example.com is not to our liking"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
