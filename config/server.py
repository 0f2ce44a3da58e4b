"""The web server: the house is read once, and the workers that are forked from it share what was read.

Run as `python -m config.server` with the arguments of granian, which else reads it in each worker anew. Where processes
are not forked (macOS, Windows) each worker reads it, as before.
"""

import gc

from granian.cli import entrypoint

from config import wsgi

if __name__ == "__main__":
    assert wsgi.application
    gc.freeze()  # what nobody looks through is never copied
    entrypoint()  # type: ignore[no-untyped-call]
