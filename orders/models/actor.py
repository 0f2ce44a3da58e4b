"""Who does something: passed to every service as `by`, never read from a global; stored as text, as `user:12`."""

from dataclasses import dataclass
from typing import Protocol, Self

KINDS = ("user", "key", "link", "endpoint", "system")


class HasKey(Protocol):
    @property
    def pk(self) -> object: ...


@dataclass(frozen=True, slots=True)
class Actor:
    """A user, an API key, a customer's link, an inbound endpoint, or a part of the system."""

    kind: str
    id: str

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no such kind of actor: {self.kind}")

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @classmethod
    def of(cls, kind: str, row: HasKey) -> Self:
        return cls(kind, str(row.pk))

    @classmethod
    def system(cls, part: str) -> Self:
        return cls("system", part)

    @classmethod
    def parse(cls, text: str) -> Self:
        kind, _, identity = text.partition(":")
        return cls(kind, identity)
