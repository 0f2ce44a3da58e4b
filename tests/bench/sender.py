"""A sender of webhooks with a timetable, which tries again what was not answered, as such houses do."""

import http.client
import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from queue import PriorityQueue

THREADS = 100
TIMEOUT_SECONDS = 10
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 8.0
OK = 200

Sign = Callable[[bytes], Mapping[str, str]]


@dataclass(frozen=True)
class Delivery:
    """What is sent; `name` is the same at each try. Each try is signed anew."""

    name: str
    path: str
    body: bytes
    sign: Sign


@dataclass(order=True)
class _Try:
    due: float
    n: int
    delivery: Delivery = field(compare=False)
    before: int = field(compare=False, default=0)


class Sender:
    """Sends at its rate whatever the other side does. A try that is answered late was begun when it was due."""

    def __init__(self, port: int, deliveries: Sequence[Delivery], *, rate: int) -> None:
        self.port, self.deliveries, self.rate = port, deliveries, rate
        self.took: list[float] = []
        self.answers: Counter[int] = Counter()
        self.again = 0
        self.begun = self.ended = 0.0
        self._todo: PriorityQueue[_Try] = PriorityQueue()
        self._left = threading.Semaphore(0)
        self._count = itertools.count()
        self.begun = time.monotonic() + 0.5

    def run(self) -> None:
        """Send all, until each was answered with 200."""
        for n, delivery in enumerate(self.deliveries):
            self._todo.put(_Try(self.begun + n / self.rate, next(self._count), delivery))
        for _ in range(THREADS):
            threading.Thread(target=self._work, daemon=True).start()
        for _ in self.deliveries:
            self._left.acquire()
        self.ended = time.monotonic()

    def _work(self) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)
        while True:
            each = self._todo.get()
            time.sleep(max(0.0, each.due - time.monotonic()))
            if self._is_answered(line, each):
                self._left.release()
            else:
                self._plan_again(each)

    def _is_answered(self, line: http.client.HTTPConnection, each: _Try) -> bool:
        headers = {"Content-Type": "application/json", **each.delivery.sign(each.delivery.body)}
        try:
            line.request("POST", each.delivery.path, each.delivery.body, headers)
            answer = line.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            line.close()
            return False
        self.answers[answer.status] += 1
        self.took.append((time.monotonic() - each.due) * 1000)
        return answer.status == OK

    def _plan_again(self, each: _Try) -> None:
        """Wait longer each time, and not all alike."""
        wait = min(FIRST_WAIT_SECONDS * 2**each.before, LONGEST_WAIT_SECONDS) * random.uniform(0.5, 1.5)
        self.again += 1
        self._todo.put(_Try(time.monotonic() + wait, next(self._count), each.delivery, each.before + 1))
