"""The web server: the house is read once, and the workers that are forked from it share what was read.

Run as `python -m config.server` with the arguments of granian, which else reads it in each worker anew. Elsewhere than
on Linux processes are not forked, and each worker reads it, as granian has it.
"""

import gc
import multiprocessing
import sys
from importlib import import_module

from granian.cli import entrypoint


def read_the_house() -> None:
    """Read it before the workers are forked; what was read is never looked through again, and so never copied."""
    multiprocessing.set_start_method("fork")  # from Python 3.14 on it is said, or granian reads it in each worker
    import_module("config.wsgi")
    gc.freeze()


if __name__ == "__main__":
    if sys.platform == "linux":
        read_the_house()
    entrypoint()  # type: ignore[no-untyped-call]
