"""An entry of the ledger as a sentence: who did what to whom, under which case, and what came of it.

Rules kept here:

- A sentence says what the entry says and no more; what it leaves out stands on the entry's own page.
- Nobody's name stands in it that the reader may not see, and nothing of whom a search listed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from countenance.ledger.kinds import EntryKind
from countenance.service.accountability_reports.people import People
from countenance.service.accountability_reports.wording import in_words, several
from countenance.service.journal_port import JournalEntry
from countenance.web.console.ledger.sight import Sight

#: Act word → what was done, with the gallery where there is one; and what was asked for.
_DONE: Mapping[str, tuple[str, str]] = {
    "search": ("searched {gallery}", "search {gallery}"),
    "search_every_face": ("searched {gallery} for every face of a photo", "search {gallery} for every face of a photo"),
    "compare": ("compared two photos", "compare two photos"),
    "detect": ("looked for faces in a photo", "look for faces in a photo"),
    "enrol": ("enrolled photos in {gallery}", "enrol photos in {gallery}"),
    "calibrate": ("measured a recogniser's error rates", "measure a recogniser's error rates"),
    "demonstrate": ("ran the demonstration", "run the demonstration"),
    "audit": ("ran an audit", "run an audit"),
    "group": ("grouped faces by likeness", "group faces by likeness"),
    "release": ("took over what reviewers agreed on", "take over what reviewers agreed on"),
}
_CAME: Mapping[str, str] = {
    "nobody": "nobody was found",
    "candidates": "{candidates} listed",
    "no_face": "the photo had no usable face",
    "low_quality": "the photo was not good enough",
    "match": "the two were taken for one person",
    "non_match": "the two were not taken for one person",
    "faces": "{faces} found",
    "detected": "{faces} found",
    "enrolled": "{faces} stored",
    "calibrated": "a calibration record was made",
    "measured": "measured",
    "released": "released",
    "failed": "it failed",
}


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells entries to one reader.

    Attributes:
        sight: What the reader sees.
        people: Names of those who work with the system.
        galleries: Identifier → name.
        intents: Act → the entry of its intent, of the acts that the entries told speak of.
    """

    sight: Sight
    people: People
    galleries: Mapping[str, str]
    intents: Mapping[str, JournalEntry]

    def tell(self, entry: JournalEntry) -> str:
        """Return an entry as a sentence."""
        tells = _TELLS.get(entry.kind)
        if tells is None:
            return f"An entry of the kind {in_words(entry.kind)}."
        try:
            said = tells(self, entry)
        except KeyError:
            # A value was taken out of the entry; its page says which and why.
            return f"An entry of the kind {in_words(entry.kind)}, with values taken out."
        # A name is written as its owner writes it, also at the beginning of a sentence.
        named = any(said.startswith(name) for name in self.people.names.values())
        return f"{said}." if named else f"{said[:1].upper()}{said[1:]}."

    def who(self, entry: JournalEntry, name: str = "operator_id") -> str:
        """Return what the person of a field is called."""
        return self.sight.called(self.people, entry.fields.get(name))

    def gallery(self, gallery_id: object) -> str:
        """Return a gallery's name."""
        known = self.galleries.get(str(gallery_id))
        return f"the gallery {known}" if known else f"a gallery that is gone ({str(gallery_id)[:8]})"

    def galleries_of(self, entry: JournalEntry) -> str:
        """Return the galleries of an act."""
        found = entry.fields.get("gallery_ids")
        named = [self.gallery(one) for one in found] if isinstance(found, tuple) else []
        return " and ".join(named) or "no gallery"

    def under(self, entry: JournalEntry) -> str:
        """Return ``under case 24-1183``, or nothing."""
        case = self.case(entry)
        return f" under {case}" if case else ""

    def case(self, entry: JournalEntry) -> str:
        """Return the case of an entry: its number where the reader may see it."""
        number, case_id = entry.fields.get("case_number"), entry.fields.get("case_id")
        if number and self.sight.whole:
            return f"case {number}"
        return f"case {str(case_id)[:8]}" if case_id else ""


def _intended(tell: Teller, entry: JournalEntry) -> str:
    word = str(entry.fields["action"])
    asked = _DONE.get(word, ("", in_words(word)))[1].format(gallery=tell.galleries_of(entry))
    held = "; the result is for reviewers first" if entry.fields["decision"] == "review" else ""
    return f"{tell.who(entry)} asked to {asked}{tell.under(entry)}, {_why(entry)}; no rule objected{held}"


def _why(entry: JournalEntry) -> str:
    return f"purpose {in_words(str(entry.fields.get('purpose', '')))}"


def _denied(tell: Teller, entry: JournalEntry) -> str:
    word = str(entry.fields["action"])
    asked = _DONE.get(word, ("", in_words(word)))[1].format(gallery=tell.galleries_of(entry))
    if word == "OpenCase":
        asked = "open a case"
    rules = entry.fields.get("deciding_rules")
    named = [str(rule) for rule in rules] if isinstance(rules, tuple) else []
    shown = ", ".join(named[:2]) + (f" and {len(named) - 2} more" if len(named) > 2 else "")
    return f"{tell.who(entry)} was refused: to {asked}{tell.under(entry)}; {shown or 'a rule'} forbids it"


def _completed(tell: Teller, entry: JournalEntry) -> str:
    intent = tell.intents.get(str(entry.fields["act_id"]))
    fields = entry.fields
    came = _CAME.get(str(fields["result"]), in_words(str(fields["result"]))).format(
        candidates=several(_number(fields.get("candidate_count")), "candidate was", "candidates were"),
        faces=several(_number(fields.get("faces_found")), "face"),
    )
    if fields.get("held_for_review") is True:
        came = "what was found is held for review"
    if fields["result"] == "failed":
        came = f"it failed ({fields.get('error_code', 'no code')}) and nothing was given out"
    if intent is None:
        return f"an act ended: {came}"
    word = str(intent.fields["action"])
    done = _DONE.get(word, (in_words(word), ""))[0].format(gallery=tell.galleries_of(intent))
    return f"{tell.who(intent)} {done}{tell.under(intent)}; {came}"


def _interrupted(tell: Teller, entry: JournalEntry) -> str:
    intent = tell.intents.get(str(entry.fields["act_id"]))
    if intent is None:
        return "the process died in the middle of an act; no outcome is on record"
    word = in_words(str(intent.fields["action"]))
    return f"the process died while {tell.who(intent)} was at work ({word}); no outcome is on record"


def _case_opened(tell: Teller, entry: JournalEntry) -> str:
    checked = "found in the list of cases" if entry.fields.get("case_list_checked") is True else "not checked in a list"
    return f"{tell.who(entry)} got {tell.case(entry)}, {_why(entry)}; its number was {checked}"


def _case_closed(tell: Teller, entry: JournalEntry) -> str:
    ended = several(_number(entry.fields.get("credentials_ended")), "credential")
    return f"{tell.who(entry)} closed {tell.case(entry)}; {ended} ended with it"


def _refused_credential(tell: Teller, entry: JournalEntry) -> str:
    attempts = several(_number(entry.fields["attempts"]), "attempt was", "attempts were")
    interface, refusal = in_words(str(entry.fields["interface"])), in_words(str(entry.fields["refusal"]))
    return f"{attempts} refused at the {interface} door, because of the credential: {refusal}"


def _account(tell: Teller, entry: JournalEntry) -> str:
    after = entry.fields.get("roles_after")
    roles = f" ({', '.join(in_words(str(role)) for role in after)})" if isinstance(after, tuple) and after else ""
    whose = tell.who(entry, "holder_id")
    return f"{tell.who(entry)} changed the account of {whose}: {in_words(str(entry.fields['change']))}{roles}"


def _policy(tell: Teller, entry: JournalEntry) -> str:
    pack = f" {entry.fields['pack']}" if "pack" in entry.fields else ""
    words = {
        "pack_enabled": "switched on the pack",
        "pack_disabled": "switched off the pack",
        "reviewer_attested": "vouched for a reviewer's training",
    }
    change = str(entry.fields["change"])
    return f"{tell.who(entry)} {words.get(change, f'changed the rules: {in_words(change)}')}{pack}"


def _threshold(tell: Teller, entry: JournalEntry) -> str:
    before = entry.fields.get("value_before")
    moved = f"from {before} to {entry.fields['value_after']}" if before else f"to {entry.fields['value_after']}"
    rate = entry.fields.get("false_match_rate")
    return f"{tell.who(entry)} put the default threshold {moved}" + (f", measured FMR {rate}" if rate else "")


def _certificate(tell: Teller, entry: JournalEntry) -> str:
    accepted = "it was taken" if entry.fields["accepted"] is True else "it was not taken"
    return f"{tell.who(entry)} handed in an evaluation certificate; {accepted}"


def _references(verb: str) -> Callable[[Teller, JournalEntry], str]:
    def tell_it(tell: Teller, entry: JournalEntry) -> str:
        count = several(_number(entry.fields["references"]), "reference")
        return f"{tell.who(entry)} {verb} {count} in {tell.gallery(entry.fields['gallery_id'])}"

    return tell_it


def _erasure(tell: Teller, entry: JournalEntry) -> str:
    gallery, result = tell.gallery(entry.fields["gallery_id"]), entry.fields.get("result")
    if result == "looked_again":
        found = _number(entry.fields.get("found_again"))
        return f"after an erasure {gallery} was looked at again; {several(found, 'trace')} found"
    if result == "not_held":
        return f"{tell.who(entry)} was asked to erase somebody whom {gallery} does not hold"
    count = several(_number(entry.fields["references"]), "reference")
    return f"{tell.who(entry)} erased somebody from {gallery}: {count}, and the key to what is left in backups"


def _expiry(tell: Teller, entry: JournalEntry) -> str:
    count = several(_number(entry.fields["references"]), "reference")
    return f"{count} of {tell.gallery(entry.fields['gallery_id'])} had reached their end and were deleted"


def _vote(tell: Teller, entry: JournalEntry) -> str:
    late = ", late" if entry.fields.get("late") is True else ""
    return f"{tell.who(entry, 'reviewer_id')} voted in the review {str(entry.fields['review_id'])[:8]}{late}"


def _opened(tell: Teller, entry: JournalEntry) -> str:
    quorum = several(_number(entry.fields["quorum"]), "person", "people")
    return f"a result was laid before reviewers, {quorum} to agree (review {str(entry.fields['review_id'])[:8]})"


def _closed(tell: Teller, entry: JournalEntry) -> str:
    by = f" by {tell.who(entry, 'closed_by')}" if "closed_by" in entry.fields else ""
    result = in_words(str(entry.fields["result"]))
    return f"the review {str(entry.fields['review_id'])[:8]} was closed{by}: {result}"


def _released(tell: Teller, entry: JournalEntry) -> str:
    whom = f" to {tell.who(entry, 'released_to')}" if "released_to" in entry.fields else ""
    return f"what reviewers agreed on was released{whom} (review {str(entry.fields['review_id'])[:8]})"


def _export(tell: Teller, entry: JournalEntry) -> str:
    count = entry.fields.get("entries")
    many = f", {several(_number(count), 'entry', 'entries')}" if count is not None else ""
    return f"{tell.who(entry)} made an export: {in_words(str(entry.fields['what']))}{many}"


def _published(tell: Teller, entry: JournalEntry) -> str:
    count = several(_number(entry.fields["entries"]), "entry", "entries")
    to = f" to {entry.fields['destination']}" if tell.sight.whole else ""
    return f"a checkpoint over the first {count} went out{to}"


def _restored(tell: Teller, entry: JournalEntry) -> str:
    count = several(_number(entry.fields["entries_after"]), "entry", "entries")
    return f"{tell.who(entry)} put an older database in place, with {count}"


def _reported(tell: Teller, entry: JournalEntry) -> str:
    wrong = "; a candidate was somebody else" if entry.fields.get("false_match_known") is True else ""
    return f"{tell.who(entry)} reported what came of a search: {in_words(str(entry.fields['result']))}{wrong}"


def _override(tell: Teller, entry: JournalEntry) -> str:
    rules = entry.fields["overridden_rules"]
    named = ", ".join(map(str, rules)) if isinstance(rules, tuple) else str(rules)
    return f"{tell.who(entry)} overrode {named}"


def _plain(text: str) -> Callable[[Teller, JournalEntry], str]:
    return lambda tell, entry: f"{tell.who(entry)} {text}" if "operator_id" in entry.fields else text


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


_TELLS: Mapping[str, Callable[[Teller, JournalEntry], str]] = {
    EntryKind.LEDGER_STARTED: lambda tell, entry: f"the ledger {entry.fields['origin']} was started",
    EntryKind.ACT_INTENDED: _intended,
    EntryKind.ACT_DENIED: _denied,
    EntryKind.ACT_COMPLETED: _completed,
    EntryKind.ACT_INTERRUPTED: _interrupted,
    EntryKind.OVERRIDE: _override,
    EntryKind.RESULT_REPORTED: _reported,
    EntryKind.CASE_OPENED: _case_opened,
    EntryKind.CASE_CLOSED: _case_closed,
    EntryKind.CREDENTIAL_MINTED: lambda tell, entry: f"credentials were made for {tell.case(entry)}",
    EntryKind.CREDENTIAL_REVOKED: _plain("ended a credential"),
    EntryKind.CREDENTIAL_REFUSED: _refused_credential,
    EntryKind.ACCOUNT_CHANGED: _account,
    EntryKind.SIGN_IN_REFUSED: lambda tell, entry: (
        f"signing in was refused, {several(_number(entry.fields['failures']), 'failure')} in a row"
    ),
    EntryKind.POLICY_CHANGED: _policy,
    EntryKind.THRESHOLD_CHANGED: _threshold,
    EntryKind.CERTIFICATE_LOADED: _certificate,
    EntryKind.AUDIT_COMPLETED: _plain("completed an audit"),
    EntryKind.GALLERY_CREATED: lambda tell, entry: (
        f"{tell.who(entry)} created {tell.gallery(entry.fields['gallery_id'])}"
    ),
    EntryKind.GALLERY_DELETED: _references("deleted a gallery with"),
    EntryKind.ENROLMENT: _references("enrolled"),
    EntryKind.ERASURE: _erasure,
    EntryKind.EXPIRY: _expiry,
    EntryKind.REVIEW_OPENED: _opened,
    EntryKind.REVIEW_VOTE: _vote,
    EntryKind.REVIEW_RELEASED: _released,
    EntryKind.REVIEW_CLOSED: _closed,
    EntryKind.EXPORT_MADE: _export,
    EntryKind.CHECKPOINT_PUBLISHED: _published,
    EntryKind.LEDGER_KEY_CHANGED: _plain("changed the ledger's signing key"),
    EntryKind.BACKUP_RESTORED: _restored,
    EntryKind.MASTER_KEY_CHANGED: _plain("changed the master key"),
}
