"""What accepting a webhook is compared with: a view that checks the signature and inserts one row."""

import base64
import hmac
from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from config.urls import urlpatterns as ours
from orders.models import Inbox

SECRET = b"a secret for benches only"
PATH = "/bare/hook"


def sign(name: str, stamp: str, body: bytes) -> str:
    """Sign by Standard Webhooks."""
    signed = f"{name}.{stamp}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(SECRET, signed, sha256)).decode()}"


@csrf_exempt
def receive(request: HttpRequest) -> HttpResponse:
    name, stamp = request.headers["Webhook-Id"], request.headers["Webhook-Timestamp"]
    if not hmac.compare_digest(sign(name, stamp, request.body), request.headers["Webhook-Signature"]):
        return HttpResponse(status=401)
    Inbox.objects.create(source="bare", dedupe_key=name, raw=request.body, status=Inbox.Status.PROCESSED)
    return HttpResponse()


urlpatterns = [path(PATH.lstrip("/"), receive), *ours]
