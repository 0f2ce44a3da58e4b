"""Who calls: a bearer key, and what it may do. `request.auth` is then the ApiKey."""

from django.http import HttpRequest
from django.utils import timezone
from ninja.errors import AuthorizationError
from ninja.security import HttpBearer

from orders.models import SCOPES, Actor, ApiKey


class ApiRequest(HttpRequest):
    """A request that has passed `requires(…)`: only its type."""

    auth: ApiKey


class ScopeMissing(AuthorizationError):
    """The key is good, but not for this."""

    def __init__(self, scope: str) -> None:
        super().__init__(message=f"This key lacks the scope {scope}.")
        self.scope = scope


class BearerKey(HttpBearer):
    """A key and its scope. Every token costs one hash and one look-up by it, whatever is wrong with it."""

    openapi_description = "A key of a channel, as `manage.py create_api_key` prints it."

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:  # noqa: ARG002 - ninja's signature
        key = ApiKey.objects.select_related("channel").usable(timezone.now()).for_secret(token).first()
        if key is not None and self.scope not in key.scopes:
            raise ScopeMissing(self.scope)
        return key


def requires(scope: str) -> BearerKey:
    """Return the `auth` of an operation that this scope opens."""
    if scope not in SCOPES:
        raise ValueError(f"there is no scope {scope}")
    return BearerKey(scope)


def actor(request: ApiRequest) -> Actor:
    return Actor.of("key", request.auth)
