"""Orders and products over HTTP, and what all routers share: keys, pages, the form of an answer."""
