"""Searches of a period counted by what they were for, small cells withheld; all tables are withheld as one.

Rules kept here:

- What became of all searches is judged first. Where its row "refused" is withheld, no other table has a column for it,
  and neither refusals by rule nor reviews are shown: they would give the number away.
- The operator's own errors and interventions (false matches that came out, failed acts, overrides) are no cells about
  the people searched for and are never withheld.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from countenance.service.accountability_reports.period import FAILED, INTERRUPTED, NOT_FINISHED, REFUSED, RecordedAct
from countenance.service.accountability_reports.suppression import Counts, ShownTable, suppress
from countenance.service.accountability_reports.wording import in_words

ASKED, RUN = "asked", "run"
CANDIDATES = in_words("candidates")
HELD_SOMEBODY, HELD_NOBODY = "held for review, candidates listed", "held for review, nobody found"
_REFUSED_ROW = "refused by a rule or case"
_OUTCOMES = {
    REFUSED: _REFUSED_ROW,
    FAILED: "failed with an error",
    INTERRUPTED: "interrupted",
    NOT_FINISHED: "not finished yet",
}


@dataclass(frozen=True, slots=True)
class Breakdown:
    """One table of the report.

    Attributes:
        name: Short name, for files.
        title: Title for people.
        table: The counts as published.
        note: What has to be known to read it; may be empty.
    """

    name: str
    title: str
    table: ShownTable
    note: str = ""


@dataclass(frozen=True, slots=True)
class SearchTables:
    """All tables about searches.

    Attributes:
        outcomes: What became of them.
        tables: By purpose, sector and so on.
        refusals: Refusals by rule.
        shows_refused: Whether the number of refusals can be shown.
        shows_held: Whether the number of searches held for review can be shown.
    """

    outcomes: Breakdown
    tables: tuple[Breakdown, ...]
    refusals: Breakdown
    shows_refused: bool
    shows_held: bool

    @property
    def listed_somebody(self) -> int | None:
        """Return how many searches listed candidates, or None where that cannot be shown."""
        cells = {row.label: row.cells[0] for row in self.outcomes.table.rows}
        shown = [cells.get(label, 0) for label in (CANDIDATES, HELD_SOMEBODY)]
        if self.outcomes.table.all_withheld or None in shown:
            return None
        return sum(count or 0 for count in shown)


@dataclass(frozen=True, slots=True)
class _By:
    name: str
    title: str
    labels: Callable[[RecordedAct], Iterable[str]]
    adds_up: bool = True
    note: str = ""


def _word(name: str) -> Callable[[RecordedAct], Iterable[str]]:
    return lambda act: (in_words(act.word(name)),)


def _words(name: str) -> Callable[[RecordedAct], Iterable[str]]:
    return lambda act: [in_words(word) for word in act.words(name)] or [in_words("")]


def _places(act: RecordedAct) -> Iterable[str]:
    # Where nobody says where they are, the rules of every place known are asked; that is no statement of a place.
    places = act.words("jurisdictions")
    if len(places) > _MOST_PLACES:
        return ("not stated: rules of every place were asked",)
    return places or (in_words(""),)


#: More places than anybody acts in at once.
_MOST_PLACES = 10
_OVERLAP = "A search can be in several rows; rows add up to no total."
_BY = (
    _By("purpose", "By purpose", _word("purpose")),
    _By("sector", "By who searched", _word("actor_sector")),
    _By("on_behalf_of", "By on whose behalf", _word("on_behalf_of")),
    _By("offence", "By class of the offence", _words("offence_tags"), adds_up=False, note=_OVERLAP),
    _By("legal_basis", "By legal basis, as claimed", _word("legal_basis")),
    _By("authorisation", "By state of the authorisation, as claimed", _word("authorisation_status")),
    _By(
        "emergency",
        "Emergencies claimed",
        lambda act: ("emergency claimed" if act.fields.get("emergency") is True else "no emergency claimed",),
    ),
    _By("case", "With and without a case", lambda act: ("under a case" if act.word("case_id") else "without a case",)),
    _By("jurisdiction", "By place", _places, adds_up=False, note=_OVERLAP),
    _By("probe_source", "By where the probe came from", _word("probe_source")),
    _By("interface", "By door", _word("interface")),
)


def search_tables(
    searches: Sequence[RecordedAct], minimum: int, galleries: Callable[[str], str], rule_words: Mapping[str, str]
) -> SearchTables:
    """Return the searches of a period in tables that can be published.

    Args:
        searches: All of them, refused ones too.
        minimum: Smallest count shown.
        galleries: A gallery's name for its identifier.
        rule_words: Rule → what it says.
    """
    ended = Counter(outcome_of(act) for act in searches)
    outcomes = suppress(
        Counts((ASKED,), {label: (count,) for label, count in ended.items()}),
        minimum,
        keep=(_REFUSED_ROW, HELD_SOMEBODY, HELD_NOBODY),
        always=(_OUTCOMES[FAILED], _OUTCOMES[INTERRUPTED]),
    )
    withheld = {row.label for row in outcomes.rows if row.is_withheld}
    shows_refused = not outcomes.all_withheld and _REFUSED_ROW not in withheld
    shows_held = not outcomes.all_withheld and withheld.isdisjoint({HELD_SOMEBODY, HELD_NOBODY})
    by_gallery = _By(
        "gallery",
        "By gallery searched",
        lambda act: [galleries(gallery) for gallery in act.words("gallery_ids")] or [in_words("")],
        adds_up=False,
    )
    tables = tuple(_breakdown(by, searches, minimum, shows_refused=shows_refused) for by in (*_BY, by_gallery))
    rules = Counter(rule for act in searches if act.refused for rule in act.words("deciding_rules"))
    named = {f"{rule}: {rule_words[rule]}" if rule in rule_words else rule: (n,) for rule, n in rules.items()}
    refused = (
        suppress(Counts(("refused",), named, adds_up=False), minimum)
        if shows_refused
        else ShownTable(("refused",), (), (None,), adds_up=False, all_withheld=True)
    )
    return SearchTables(
        outcomes=Breakdown("outcomes", "What became of the searches", outcomes),
        tables=tables,
        refusals=Breakdown(
            "refusals",
            "Searches refused, by the rule that refused",
            refused,
            "Several rules can refuse one search; rows add up to no total.",
        ),
        shows_refused=shows_refused,
        shows_held=shows_held,
    )


def outcome_of(act: RecordedAct) -> str:
    """Return what became of a search, in words."""
    if act.outcome.get("held_for_review") is True:
        return HELD_SOMEBODY if act.outcome.get("candidate_count") else HELD_NOBODY
    return _OUTCOMES.get(act.ended) or in_words(act.ended)


def _breakdown(by: _By, searches: Sequence[RecordedAct], minimum: int, *, shows_refused: bool) -> Breakdown:
    run: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for act in searches:
        (refused if act.refused else run).update(set(by.labels(act)))
    labels = run.keys() | refused.keys()
    counts = Counts((RUN, REFUSED), {label: (run[label], refused[label]) for label in labels}, by.adds_up)
    shown = suppress(counts if shows_refused else counts.only_sums(ASKED), minimum, together=ASKED)
    return Breakdown(by.name, by.title, shown, by.note)
