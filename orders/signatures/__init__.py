"""Is a delivery genuine? One verifier over a table of schemes.

It fails closed (no scheme, no secret, no token, no header: not genuine) and raises nothing, whatever the headers hold.
"""

from orders.signatures.schemes import SCHEMES, Scheme
from orders.signatures.secrets import LEAST_SECRET_LENGTH, new_secret, new_token
from orders.signatures.verify import Trust, dedupe_key, is_genuine, kept_headers

__all__ = [
    "LEAST_SECRET_LENGTH",
    "SCHEMES",
    "Scheme",
    "Trust",
    "dedupe_key",
    "is_genuine",
    "kept_headers",
    "new_secret",
    "new_token",
]
