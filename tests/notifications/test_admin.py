"""Messages in the admin: shown as the customer sees them, and sealed."""

from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.utils import timezone

from notifications.models import Content, Message
from tests.factories import Shop
from tests.staff import client_of, flashes, trail

HTML = '<h1>Thank you</h1><script>document.title = "taken"</script><form action="https://example.com"></form>'


def _message(shop: Shop) -> Message:
    order = shop.order((shop.mug, 1))
    message = Message.objects.create(
        order=order, event=order.events.first(), kind="order.placed", recipient="customer", channel="email"
    )
    Content.objects.create(message=message, to="ana@example.com", subject="We have it", text="Thank you", html=HTML)
    return message


def test_a_preview_is_the_mail_under_a_policy_that_lets_it_do_nothing(shop: Shop) -> None:
    response = client_of("support").get(f"/admin/notifications/message/{_message(shop).pk}/preview/")
    policy = [part.strip() for part in response["Content-Security-Policy"].split(";")]
    assert response.content.decode() == HTML
    assert {"sandbox", "default-src 'none'", "form-action 'none'", "frame-ancestors 'self'"} <= set(policy)
    assert not any(part.startswith("script-src") for part in policy)
    assert response["X-Frame-Options"] == "SAMEORIGIN"


def test_a_message_s_page_frames_its_preview_in_a_sandbox(shop: Shop) -> None:
    message = _message(shop)
    response = client_of("support").get(f"/admin/notifications/message/{message.pk}/change/")
    page = response.content.decode()
    assert f'src="/admin/notifications/message/{message.pk}/preview/"' in page
    assert "sandbox" in page
    assert "frame-src 'self'" in response["Content-Security-Policy"]
    assert "Mail: we have your order" in page


def test_who_may_not_read_messages_gets_no_preview(shop: Shop) -> None:
    assert client_of("picker").get(f"/admin/notifications/message/{_message(shop).pk}/preview/").status_code == 403


def test_messages_are_found_by_their_order(shop: Shop) -> None:
    message, _ = _message(shop), _message(shop)
    listed = client_of("support").get("/admin/notifications/message/", {"q": message.order.number})
    assert list(listed.context["cl"].result_list) == [message]


def resend(message: Message, role: str) -> HttpResponse:
    url = f"/admin/notifications/message/{message.pk}/do/resend/"
    return client_of(role).post(url, {"operation": str(uuid4())})


@pytest.mark.parametrize("status", ["SENT", "UNCERTAIN", "FAILED"])
def test_support_sends_again_what_has_ended(shop: Shop, status: str) -> None:
    message = _message(shop)
    Message.objects.update(status=status, sent_at=timezone.now())
    assert flashes(resend(message, "support")) == ["It will be sent again."]
    message.refresh_from_db()
    assert (message.status, message.resends, trail(message.order)[-1]) == ("QUEUED", 1, "message.resent")


def test_what_still_waits_is_not_sent_again(shop: Shop) -> None:
    message = _message(shop)
    assert flashes(resend(message, "support")) == ["This message still waits to be sent."]
    message.refresh_from_db()
    assert (message.status, message.resends, "message.resent" in trail(message.order)) == ("QUEUED", 0, False)


def test_a_picker_sends_nothing_again(shop: Shop) -> None:
    message = _message(shop)
    Message.objects.update(status="SENT")
    assert resend(message, "picker").status_code == 403
    assert Message.objects.get().status == "SENT"
