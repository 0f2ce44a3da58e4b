"""One module a provider: what it sends → pictures of parcels."""

from collections.abc import Mapping

from tracking.carriers import generic
from tracking.carriers.base import Adapter

ADAPTERS: Mapping[str, Adapter] = {"generic": generic.read}
"""By the provider of the endpoint that the delivery came through."""
