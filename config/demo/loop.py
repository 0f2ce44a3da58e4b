"""Many stories told at once by one thread: each yields the seconds that it rests. Knows nothing of shops."""

import heapq
import logging
import time
from collections.abc import Generator
from itertools import count

Story = Generator[float, None, None]

logger = logging.getLogger(__name__)


class Stop(Exception):
    """Raised by a story that ends all of them."""


class Loop:
    """Goes on with whatever story is due. `speed` shortens every rest."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self.failed = 0
        self._due: list[tuple[float, int, Story, bool]] = []
        self._numbers = count()
        self._open = 0

    def tell(self, story: Story, *, after: float = 0.0, is_aside: bool = False) -> None:
        """Begin a story after so many seconds. The loop does not wait for the end of what is told aside."""
        self._open += not is_aside
        self._push(story, after, is_aside=is_aside)

    def run(self) -> None:
        """Go on until every story has ended. What a story raises ends that story alone."""
        while self._open:
            due, _, story, is_aside = heapq.heappop(self._due)
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                self._push(story, next(story), is_aside=is_aside)
            except StopIteration:
                self._open -= not is_aside
            except Stop:
                raise
            except Exception:
                logger.exception("a story broke off")
                self.failed += 1
                self._open -= not is_aside

    def _push(self, story: Story, rest: float, *, is_aside: bool) -> None:
        heapq.heappush(self._due, (time.monotonic() + rest / self.speed, next(self._numbers), story, is_aside))
