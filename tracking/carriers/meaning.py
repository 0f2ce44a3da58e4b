"""What a source's words mean to us: rows of a table, looked up whenever a picture is folded. Pure.

A picture keeps the words as they came, so a word that is mapped later repairs the past.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from tracking.status import Headline, Scan, Snapshot, words
from tracking.status.picture import same_code

STATUS, DETAIL, EVENT = "status", "detail", "event"
FIELDS = (STATUS, DETAIL, EVENT)
"""Which word of a scan: its main status, what refines that, or the carrier's own code, which adds a reason."""
UNSEEN = "no_physical_scan"
"""Among the `when` of a row: its status counts while nobody has had the parcel in hand."""
GUESSING = frozenset({"aftership", "17track"})
"""Providers whose words come in families: `X_Y` is a kind of `X` (F11)."""
OURS = "generic"
VAGUE = frozenset({"", "other"})


class Row(NamedTuple):
    """What a word means. `status` is "" where the main status decides; `when` names the main statuses under which its
    status counts, all if empty. A row that `is_final` is not refined.
    """

    status: str = ""
    reason: str = ""
    is_action_required: bool = False
    when: tuple[str, ...] = ()
    is_final: bool = False

    def counts(self, main: str, *, is_known: bool, is_in_hand: bool) -> bool:
        if UNSEEN in self.when:
            return not is_in_hand
        return not self.when or not is_known or main in self.when


class Key(NamedTuple):
    """Which word of whom: `carrier` is "" for every carrier, `code` as `same_code` makes it."""

    provider: str
    carrier: str
    field: str
    code: str


class Meaning(NamedTuple):
    """What the words of a scan, or of a headline, mean together; `unmapped` are those that nobody has mapped."""

    status: str = ""
    reason: str = ""
    is_action_required: bool = False
    unmapped: tuple[tuple[str, str], ...] = ()


CANONICAL: Mapping[tuple[str, str], Row] = {
    **{
        (STATUS, reason): Row(status, reason, reason in words.ACT)
        for reason, status in words.REASONS.items()
        if reason != "lost"
    },
    **{(STATUS, same_code(status)): Row(status) for status in words.RANK},
    **{(DETAIL, reason): Row("", reason, reason in words.ACT) for reason in words.REASONS},
}
"""Our own names, statuses and reasons, as everybody who speaks our own format may use them."""


class _Found(NamedTuple):
    row: Row | None
    code: str
    is_mapped: bool


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one provider, by carrier, field and code."""

    provider: str
    rows: Mapping[tuple[str, str, str], Row] = field(default_factory=dict)

    def row(self, carrier: str, field: str, code: str) -> Row | None:
        """Return the row of exactly this word: our own name, else the carrier's, else every carrier's."""
        if self.provider == OURS and (field, code) in CANONICAL:
            return CANONICAL[field, code]
        return self.rows.get((carrier, field, code)) or self.rows.get(("", field, code))

    def look_up(self, carrier: str, field: str, word: str) -> _Found:
        """Return the row of a word; for one never seen that of its family, where such a guess is allowed (F11)."""
        code = same_code(word)
        row = self.row(carrier, field, code) if code else None
        if row or not code:
            return _Found(row, code, is_mapped=True)
        guesses = (self.row(carrier, *each) for each in self._families(field, code))
        return _Found(next((each for each in guesses if each and self._may_guess(each)), None), code, is_mapped=False)

    def changed(self, carrier: str, field: str, code: str, row: Row | None) -> "Table":
        """Return the table as it would be with this row; without it, if there is none."""
        rows = {key: value for key, value in self.rows.items() if key != (carrier, field, code)}
        return replace(self, rows=rows | ({(carrier, field, code): row} if row else {}))

    def _families(self, field: str, code: str) -> Iterator[tuple[str, str]]:
        if self.provider not in GUESSING | {OURS}:
            return
        parts = code.split("_")
        for size in range(len(parts) - 1, 0, -1):
            yield field, "_".join(parts[:size])
        for size in range(len(parts) - 1, 0, -1):
            yield STATUS, "_".join(parts[:size])

    def _may_guess(self, row: Row) -> bool:
        """Say whether a family tells enough. Where anybody may invent a name, a guess ends no journey."""
        ends = words.SOFT | {words.DELIVERED, words.RETURNED_TO_SENDER}
        return self.provider != OURS or row.status not in ends


Tables = Mapping[str, Table]


def table_of(provider: str, rows: Mapping[Key, Row]) -> Table:
    """Return the table of a provider, out of the rows of all."""
    return Table(provider, {key[1:]: row for key, row in rows.items() if key.provider == provider})


def understood(picture: Snapshot, table: Table) -> Snapshot:
    """Return the picture with what its words mean."""
    seen = _understood(picture, table, is_in_hand=True)
    if any(scan.is_physical for scan in seen.scans):
        return seen
    return _understood(picture, table, is_in_hand=False)


def unmapped(picture: Snapshot, table: Table) -> set[tuple[str, str]]:
    """Return the words of a picture that nobody has mapped, with their fields."""
    carrier, headline = same_code(picture.carrier), picture.headline
    meanings = [mean(table, carrier, scan.raw_status, scan.raw_detail) for scan in picture.scans]
    meanings.append(mean(table, carrier, headline.raw, headline.detail))
    return {word for meaning in meanings for word in meaning.unmapped}


def mean(table: Table, carrier: str, status: str, detail: str, code: str = "", *, is_in_hand: bool = True) -> Meaning:
    """Return what words mean together: the main status, refined by the detail, with a reason of the carrier's code."""
    main, more = table.look_up(carrier, STATUS, status), table.look_up(carrier, DETAIL, detail)
    row = main.row or Row()
    if more.row and not row.is_final:
        row = _refined(row, more.row, main, is_in_hand=is_in_hand)
    extra = (table.row(carrier, EVENT, same_code(code)) if code else None) or Row()
    reason = extra.reason if row.reason in VAGUE and extra.reason else row.reason
    must_act = row.is_action_required or extra.is_action_required or reason in words.ACT
    words_left = ((STATUS, main), (DETAIL, more))
    return Meaning(row.status, reason, must_act, tuple((name, it.code) for name, it in words_left if not it.is_mapped))


def _refined(row: Row, more: Row, main: _Found, *, is_in_hand: bool) -> Row:
    is_known = main.row is not None and main.is_mapped
    if more.status and more.counts(main.code, is_known=is_known, is_in_hand=is_in_hand):
        return more
    must_act = row.is_action_required or more.is_action_required
    return Row(row.status, more.reason or row.reason, must_act)


def _understood(picture: Snapshot, table: Table, *, is_in_hand: bool) -> Snapshot:
    carrier = same_code(picture.carrier)
    scans = tuple(_scan(scan, table, carrier, is_in_hand=is_in_hand) for scan in picture.scans)
    headline = _headline(picture.headline, table, carrier, is_in_hand=is_in_hand)
    return replace(picture, scans=scans, headline=headline)


def _scan(scan: Scan, table: Table, carrier: str, *, is_in_hand: bool) -> Scan:
    it = mean(table, carrier, scan.raw_status, scan.raw_detail, scan.code, is_in_hand=is_in_hand)
    must_act = it.is_action_required
    return replace(scan, status=it.status, reason=it.reason, is_action_required=must_act, is_unmapped=bool(it.unmapped))


def _headline(headline: Headline, table: Table, carrier: str, *, is_in_hand: bool) -> Headline:
    it = mean(table, carrier, headline.raw, headline.detail, is_in_hand=is_in_hand)
    must_act = it.is_action_required
    return replace(
        headline, status=it.status, reason=it.reason, is_action_required=must_act, is_unmapped=bool(it.unmapped)
    )


def rows(provider: str, field: str, meanings: Mapping[str, Row | str]) -> dict[Key, Row]:
    """Return rows of every carrier out of words as the provider writes them; a text is a status alone."""
    return {
        Key(provider, "", field, same_code(word)): Row(row) if isinstance(row, str) else row
        for word, row in meanings.items()
    }


def each_of(codes: Sequence[str], row: Row) -> dict[str, Row]:
    return dict.fromkeys(codes, row)
