"""Which endpoint is at an address: read once a second and not for each delivery, as a flood comes to one address.

What is withdrawn (a secret, the endpoint itself) is believed for up to a second more. What is new is believed at once:
a delivery that seems not to be genuine is looked at again with what stands in the database.
"""

from functools import lru_cache
from time import monotonic

from orders.models import Endpoint

ADDRESSES = 256


def endpoint_at(provider: str, public_id: str) -> Endpoint:
    """Return the open endpoint at `/hooks/<provider>/<public_id>/`. Raises Endpoint.DoesNotExist."""
    return _read(provider, public_id, int(monotonic()))


@lru_cache(ADDRESSES)
def _read(provider: str, public_id: str, _second: int) -> Endpoint:
    return Endpoint.objects.get(provider=provider, public_id=public_id, is_active=True)


forget = _read.cache_clear
