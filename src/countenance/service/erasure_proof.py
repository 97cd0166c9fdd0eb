"""Searching again for somebody who was erased, to show that they are not found: fresh indexes, rows, raw files.

Rules kept here:

- Erasing needs nobody's leave: no rule refuses it. Searching does: each gallery's search is an act of its own, put to
  the rules as ``data_subject_request``, and one that is refused is not made. The receipt says so.
- Nobody is named by it. What comes out are counts: the erased references found again (none, if all went well), others
  that hold the very same picture, others who look alike.
- The erased templates are in memory only, and only until this is done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from countenance.core.errors import CalibrationError, CaseError, CountenanceError, GalleryNotFound
from countenance.core.thresholds import Threshold
from countenance.core.vocabulary import GallerySummary, Template
from countenance.ledger.field_types import FieldValue
from countenance.policy.terms import Action, Mode, Purpose
from countenance.service.accountability import Accountability
from countenance.service.act_records import decimal, threshold_digest
from countenance.service.acts import Act
from countenance.service.admission import OngoingAct, Outcome
from countenance.service.meaning import DEFAULT_FALSE_CANDIDATES, require_calibration, threshold_for_gallery
from countenance.service.policy_port import PolicyStore
from countenance.service.ports import CalibrationBook, GalleryStore, IndexBuilder
from countenance.service.refusals import ActRefused
from countenance.service.standing import Standing
from countenance.service.subject_port import FileSearch, Held, SubjectStore

PROVE_ERASED = "prove_erased"
#: From here on two templates are of the same picture: float32 rounding of a unit vector of a few hundred numbers stays
#: within this of 1, and another picture of the same person does not come near it.
SAME_PICTURE = 0.99999
#: Most subjects looked at for one template; more are said to be "at least".
_MOST = 100
_FACTS: Mapping[str, object] = MappingProxyType(
    {
        "purpose": Purpose.DATA_SUBJECT_REQUEST.value,
        "intended_use": "lead_only",
        "timing": "after_the_fact",
        "targeted": True,
        "selection_basis": (),
        # Nothing is decided about anybody: only counts come out.
        "adverse_effect": False,
    }
)


@dataclass(frozen=True, slots=True)
class SearchedAgain:
    """What searching one gallery again came to.

    Attributes:
        gallery: Its name.
        revision: Its revision; after the erasure's.
        references: Templates compared with.
        threshold: What was searched at, or None: only for the same pictures, since scores have no measured meaning.
        erased_found: References that were erased and are found all the same.
        same_picture: Other subjects who hold a template of the very same picture.
        alike: Other subjects at or above the threshold; None without one.
        at_least: Whether there may be more than counted.
        entry_id: Where the search is recorded.
    """

    gallery: str
    revision: int
    references: int
    threshold: Threshold | None
    erased_found: int
    same_picture: int
    alike: int | None
    at_least: bool
    entry_id: str = ""


@dataclass(frozen=True, slots=True)
class NotSearched:
    """A gallery that was not searched, and why; the entry if that was refused."""

    gallery: str
    reason: str
    entry_id: str = ""


@dataclass(frozen=True, slots=True)
class ProofOfAbsence:
    """What looking again came to.

    Attributes:
        searched: Galleries that were searched.
        not_searched: Galleries that were not.
        templates: Erased templates that were searched with; fewer than erased references if some did not open.
        rows_left: Rows of the erased subjects that are still there.
        files: What looking through the database's files came to.
    """

    searched: tuple[SearchedAgain, ...]
    not_searched: tuple[NotSearched, ...]
    templates: int
    rows_left: int
    files: FileSearch

    @property
    def found_again(self) -> int:
        """Return how many erased references were found in any search."""
        return sum(one.erased_found for one in self.searched)

    @property
    def holds(self) -> bool:
        """Return whether nothing that was erased was found anywhere that was looked at."""
        return not (self.found_again or self.rows_left or self.files.found)


class ErasureProof:
    """Looks for what was erased.

    Args:
        store: People in the database.
        galleries: The galleries, for fresh snapshots.
        policies: Facts about galleries.
        accountability: The one way in.
        build_index: Builds an index from a snapshot.
        calibrations: What scores mean.
    """

    def __init__(
        self,
        *,
        store: SubjectStore,
        galleries: GalleryStore,
        policies: PolicyStore,
        accountability: Accountability,
        build_index: IndexBuilder,
        calibrations: CalibrationBook,
    ) -> None:
        self._store = store
        self._galleries = galleries
        self._policies = policies
        self._accountability = accountability
        self._build_index = build_index
        self._calibrations = calibrations

    def look(
        self, templates: Mapping[str, Template], sealed: Sequence[bytes], held: Sequence[Held], standing: Standing
    ) -> ProofOfAbsence:
        """Return what looking for erased people came to; called after their erasure has committed.

        Args:
            templates: Erased reference → template.
            sealed: Their sealed values as they were stored.
            held: What was erased.
            standing: On whose behalf.
        """
        searched: list[SearchedAgain] = []
        not_searched: list[NotSearched] = []
        for gallery in self._galleries.list_galleries():
            probes = {
                reference_id: template
                for reference_id, template in templates.items()
                if template.model.digest == gallery.model.digest
            }
            if not probes:
                reason = f"It holds templates of {gallery.model.short}, with which none of theirs can be compared."
                not_searched.append(NotSearched(gallery.name, reason))
                continue
            found = self._search(gallery, probes, standing)
            if isinstance(found, SearchedAgain):
                searched.append(found)
            elif found is not None:
                not_searched.append(found)
        rows_left = sum(self._store.rows_left(one) for one in held)
        return ProofOfAbsence(
            searched=tuple(searched),
            not_searched=tuple(not_searched),
            templates=len(templates),
            rows_left=rows_left,
            files=self._store.search_files(sealed),
        )

    def _search(
        self, gallery: GallerySummary, probes: Mapping[str, Template], standing: Standing
    ) -> SearchedAgain | NotSearched | None:
        try:
            facts = self._policies.gallery_facts(gallery.name)
        except GalleryNotFound:
            return None
        threshold = self._threshold(gallery)
        act = Act(
            PROVE_ERASED,
            Action.SEARCH,
            Mode.SEARCH,
            model=gallery.model,
            threshold=threshold,
            gallery=facts,
            candidates_asked=_MOST,
            facts=_FACTS,
        )
        try:
            done = self._accountability.perform(
                act,
                standing,
                lambda token: self._compare(token, gallery.name, probes, threshold),
                _outcome,
                # Where rules hold identities back for review, there are none here: only counts come out.
                withhold=lambda _: None,
            )
        except ActRefused as refused:
            says = " ".join(reason.says for reason in refused.decision.reasons)
            return NotSearched(gallery.name, f"The rules refuse to search it: {says}", refused.entry_id)
        except CaseError as refused:
            return NotSearched(gallery.name, f"The case does not allow it ({refused.code}).")
        found = done.value
        return SearchedAgain(
            gallery=found.gallery,
            revision=found.revision,
            references=found.references,
            threshold=found.threshold,
            erased_found=found.erased_found,
            same_picture=found.same_picture,
            alike=found.alike,
            at_least=found.at_least,
            entry_id=done.outcome_entry_id,
        )

    def _threshold(self, gallery: GallerySummary) -> Threshold | None:
        try:
            calibration = require_calibration(self._calibrations, gallery.model)
            return threshold_for_gallery(calibration, gallery.references, DEFAULT_FALSE_CANDIDATES)[0]
        except CalibrationError:
            return None

    def _compare(
        self, act: OngoingAct, name: str, probes: Mapping[str, Template], threshold: Threshold | None
    ) -> SearchedAgain:
        act.require(PROVE_ERASED, gallery=name)
        revision, references = self._galleries.references(name)
        index = self._build_index(references, model=next(iter(probes.values())).model, revision=revision)
        value = SAME_PICTURE if threshold is None else threshold.value
        again: set[str] = set()
        same: set[str] = set()
        alike: set[str] = set()
        at_least, compared = False, 0
        for template in probes.values():
            listed = index.search(template, threshold_value=value, limit=_MOST)
            compared, at_least = listed.references_searched, at_least or listed.cut_off
            for candidate in listed.candidates:
                if candidate.reference_id in probes:
                    again.add(candidate.reference_id)
                else:
                    alike.add(candidate.subject)
                    if candidate.similarity >= SAME_PICTURE:
                        same.add(candidate.subject)
        return SearchedAgain(
            gallery=name,
            revision=revision,
            references=compared,
            threshold=threshold,
            erased_found=len(again),
            same_picture=len(same),
            alike=None if threshold is None else len(alike),
            at_least=at_least,
        )


def _outcome(found: SearchedAgain) -> Outcome:
    fields: dict[str, FieldValue] = {
        "candidate_count": found.erased_found,
        "exact_search": True,
        "gallery_revision": found.revision,
        "gallery_references": found.references,
    }
    if found.threshold is not None:
        fields["threshold_value"] = decimal(found.threshold.value)
        fields["threshold_digest"] = threshold_digest(found.threshold)
    return Outcome("found_again" if found.erased_found else "not_found", fields)


def explain_unproven(error: CountenanceError, entry_ids: Sequence[str]) -> None:
    """Add to an error that came after the erasure that the erasure itself is done."""
    error.add_note(
        f"The erasure itself is done and recorded ({', '.join(entry_ids)}); only looking again, or the receipt, failed."
    )
