"""Mail: renders a message, and gives it to Django's mail backend. The queue and what became of it are the services'.

A mail server takes no key that would make a second copy harmless, so each message has a Message-ID that stays the same
for every try: most mailboxes show such a copy once.
"""

import contextlib
import re
import smtplib
from email.utils import formataddr, parseaddr
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string

from notifications.channels.news import News
from notifications.models import Content, Message
from orders.models import ShownPromise

Status = Message.Status
SUBJECT_LENGTH = 255
PERMANENT = 500
KEPT = "Kept here to be read: no mail server is set up."


class Outcome(NamedTuple):
    """What became of a try. QUEUED: not accepted, to be tried again; UNCERTAIN: the same, but it may have arrived."""

    status: str
    note: str = ""


class Unreachable(Exception):
    """The mail server does not let us in: nothing was tried."""

    def __init__(self, error: OSError) -> None:
        code = getattr(error, "smtp_code", None)
        super().__init__(f"The mail server does not let us in{f' ({code})' if code else ''}: {type(error).__name__}.")


class Letter(NamedTuple):
    """A mail as it goes out, and what is kept of it."""

    mail: EmailMultiAlternatives
    content: Content
    shown: ShownPromise | None = None
    """The date that its reader is shown, if any."""


def write(message: Message, url: str) -> Letter:
    """Render the message; its link leads to `url`."""
    templates, news = f"notifications/messages/{message.kind}", {"news": News(message, url)}
    content = Content(
        message=message,
        to=message.order.customer.email or "",
        subject=" ".join(render_to_string(f"{templates}.subject.txt", news).split())[:SUBJECT_LENGTH],
        text=_without_gaps(render_to_string(f"{templates}.txt", news)),
        html=render_to_string(f"{templates}.html", news),
    )
    return Letter(_mail(content), content, _shown(news["news"]))


def _shown(news: News) -> ShownPromise | None:
    if news.shown is None:
        return None
    (first, last), parcel = news.shown, news.parcel.number if news.parcel else ""
    return ShownPromise(order=news.order, parcel=parcel, first=first, last=last, where=ShownPromise.Where.MAIL)


def _mail(content: Content) -> EmailMultiAlternatives:
    message = content.message
    mail = EmailMultiAlternatives(
        content.subject,
        content.text,
        from_email=formataddr((str(message.order.channel), parseaddr(settings.DEFAULT_FROM_EMAIL)[1])),
        to=[content.to],
        reply_to=[message.order.channel.email] if message.order.channel.email else None,
        headers={
            "Message-ID": message_id(message),
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )
    mail.attach_alternative(content.html, "text/html")
    return mail


def message_id(message: Message) -> str:
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    return f"<{message.key}@{f'[IPv6:{host}]' if ':' in host else host}>"


class Post:
    """One connection to the mail server, for as many letters as there are; opened again where it broke off."""

    def __init__(self) -> None:
        self.connection: BaseEmailBackend | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.hang_up()

    def connect(self) -> None:
        """Be connected. Raises Unreachable."""
        if self.connection is None:
            connection = get_connection()
            try:
                connection.open()
            except OSError as error:
                raise Unreachable(error) from error
            self.connection = connection

    def hang_up(self) -> None:
        if self.connection is not None:
            with contextlib.suppress(OSError):
                self.connection.close()
            self.connection = None

    def send(self, letter: Letter) -> Outcome:
        """Send a letter through the open connection, and say what became of it."""
        assert self.connection is not None
        try:
            self.connection.send_messages([letter.mail])
        except OSError as error:
            self.hang_up()
            return _outcome(error)
        except ValueError:  # Django could make no envelope of the address
            return Outcome(Status.BOUNCED, "The address is none.")
        return Outcome(Status.SENT, KEPT if settings.IS_MAIL_KEPT else "")


def _outcome(error: OSError) -> Outcome:
    """Say what a failure means. No text of the server goes into the note: it may repeat the address."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code = next(iter(error.recipients.values()))[0]
            status = Status.BOUNCED if code >= PERMANENT else Status.QUEUED
            return Outcome(status, f"The mail server refuses the address ({code}).")
        case smtplib.SMTPSenderRefused():  # ours to mend, so worth waiting for
            return Outcome(Status.QUEUED, f"The mail server refuses our own address ({error.smtp_code}).")
        case smtplib.SMTPResponseException():
            status = Status.FAILED if error.smtp_code >= PERMANENT else Status.QUEUED
            return Outcome(status, f"The mail server refuses the message ({error.smtp_code}).")
        case smtplib.SMTPNotSupportedError():
            return Outcome(Status.FAILED, "The mail server cannot take such an address.")
    return Outcome(Status.UNCERTAIN, "The connection broke off while it was sent: it may arrive twice.")


def _without_gaps(text: str) -> str:
    """Leave one empty line where tags that rendered to nothing left many, and plain blanks only."""
    lines = (line.rstrip() for line in text.replace("\u00a0", " ").strip().splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"
