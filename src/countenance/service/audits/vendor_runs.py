"""Send an audit's photos to a vendor and collect every score it gives, every photo it refuses and what it withholds.

Terms of service and the consent of the people in the photos are the auditor's to settle before a run.

Rules kept here:

- No threshold of ours: the vendor is asked for everything down to its lowest score.
- An answered call is never sent again; a run that was interrupted goes on with the same command.
- A photo the vendor refuses is a failure to acquire with the vendor's reason, not an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from countenance.core.errors import AuditInputInvalid
from countenance.service.audits.vendor_plan import VendorPhoto, VendorPlan
from countenance.service.audits.vendor_ports import AcquiredPhoto, VendorAudit

FloatNumbers = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class Progress(Protocol):
    """Told how far a run is."""

    def __call__(self, done: int, total: int, note: str = "") -> None: ...


@dataclass(frozen=True, slots=True)
class PhotoFailure:
    """A photo that yields no comparison.

    Attributes:
        photo: Its name.
        role: ``probe``, ``reference`` or ``both``.
        reason: The vendor's word, or ours where it has none.
        detail: The vendor's message.
        sent: False if it was not sent, because the vendor documents that it refuses such files.
    """

    photo: str
    role: str
    reason: str
    detail: str | None
    sent: bool


@dataclass(frozen=True, slots=True, eq=False)
class VendorScores:
    """Everything a vendor said about a plan.

    Attributes:
        score: Similarity of probe (row) with reference (column) on the vendor's scale; NaN where it gave none.
        asked: Whether the comparison took place: both photos acquired, not refused; of one set the upper triangle.
        lowest_returned: Per probe, the lowest score its own search returned; NaN if it returned nothing.
        limit_reached: Per probe, whether the vendor returned as many candidates as it ever would.
        failures: Photos without a comparison.
        several_faces: Photos with several faces, of which the largest was used; as far as the vendor says so.
        unscored: Reasons of comparisons that were asked for one by one and got no score, with their number.
    """

    score: FloatNumbers = field(repr=False)
    asked: BoolArray = field(repr=False)
    lowest_returned: FloatNumbers = field(repr=False)
    limit_reached: BoolArray = field(repr=False)
    failures: tuple[PhotoFailure, ...]
    several_faces: tuple[str, ...]
    unscored: dict[str, int]


def ask_vendor(
    plan: VendorPlan, audit: VendorAudit, *, operation: str, progress: Progress | None = None
) -> VendorScores:
    """Return what a vendor says about a plan; ``operation`` is ``search``, ``identify`` or ``compare``.

    Raises:
        VendorError: The vendor stopped answering, refused the work, or the cost cap was reached. Run it again to go on.
        AuditInputInvalid: The vendor accepted no reference photo, or a photo has changed.
    """
    collected = _Collected(plan, progress or _silent, compares=operation == "compare")
    if operation == "compare":
        _compare_all(plan, audit, collected)
    else:
        _search_all(plan, audit, collected)
    return collected.scores()


class _Collected:
    """Scores and failures as they come in."""

    def __init__(self, plan: VendorPlan, progress: Progress, *, compares: bool) -> None:
        shape = (len(plan.probes), len(plan.references))
        self.score = np.full(shape, np.nan)
        self.refused = np.zeros(shape, dtype=np.bool_)
        self.lowest_returned = np.full(shape[0], np.nan)
        self.limit_reached = np.zeros(shape[0], dtype=np.bool_)
        self.unscored: dict[str, int] = {}
        self._one_set = plan.one_set
        self._acquired = (np.zeros(shape[0], dtype=np.bool_), np.zeros(shape[1], dtype=np.bool_))
        self._failures: list[PhotoFailure] = []
        self._several: dict[str, None] = {}
        self._progress = progress
        self._done = 0
        photos = shape[0] if plan.one_set else sum(shape)
        self._total = photos + plan.pairs if compares else sum(shape)

    def photo(self, photo: VendorPhoto, role: str, outcome: AcquiredPhoto) -> bool:
        """Note what became of a photo and return whether it can be compared."""
        if outcome.several_faces:
            self._several[photo.name] = None
        if outcome.reason is not None:
            self._failures.append(PhotoFailure(photo.name, role, outcome.reason, outcome.detail, outcome.sent))
        return outcome.reason is None

    def step(self, note: str = "") -> None:
        """Count a step."""
        self._done += 1
        self._progress(self._done, self._total, note)

    def acquired(self, probes: Sequence[bool], references: Sequence[bool]) -> None:
        """Note which photos took part."""
        self._acquired = (np.asarray(probes, dtype=np.bool_), np.asarray(references, dtype=np.bool_))

    def scores(self) -> VendorScores:
        """Return everything; of one set the search of the photo listed first counts, and the other fills its gaps."""
        score, asked = self.score, np.outer(*self._acquired)
        if self._one_set:
            score = np.where(np.isnan(score), score.T, score)
            asked = np.triu(asked, k=1)
        asked &= ~self.refused
        score = np.where(asked, score, np.nan)
        return VendorScores(
            score,
            asked,
            self.lowest_returned,
            self.limit_reached,
            tuple(self._failures),
            tuple(self._several),
            dict(self.unscored),
        )


def _search_all(plan: VendorPlan, audit: VendorAudit, collected: _Collected) -> None:
    audit.open()
    enrolled = []
    for photo in plan.references:
        enrolled.append(collected.photo(photo, "both" if plan.one_set else "reference", audit.enrol(photo)))
        collected.step("references")
    if not any(enrolled):
        raise AuditInputInvalid(
            "The vendor accepted none of the reference photos.",
            remedy="Look at the archived replies for its reasons; `audit vendor-clean` removes what was made there.",
        )
    audit.ready()
    column = {photo.name: number for number, photo in enumerate(plan.references)}
    searched = []
    for row, photo in enumerate(plan.probes):
        if plan.one_set and not enrolled[row]:
            searched.append(False)
        else:
            reply = audit.search(photo)
            searched.append(collected.photo(photo, "both" if plan.one_set else "probe", reply.probe))
            for hit in reply.hits:
                collected.score[row, column[hit.reference]] = hit.score
            if reply.hits:
                collected.lowest_returned[row] = min(hit.score for hit in reply.hits)
            collected.limit_reached[row] = reply.limit_reached
        collected.step("searches")
    collected.acquired(searched, enrolled)


def _compare_all(plan: VendorPlan, audit: VendorAudit, collected: _Collected) -> None:
    def look(photos: Sequence[VendorPhoto], role: str) -> list[bool]:
        seen = []
        for photo in photos:
            seen.append(collected.photo(photo, role, audit.acquire(photo)))
            collected.step("photos")
        return seen

    probes = look(plan.probes, "both" if plan.one_set else "probe")
    references = probes if plan.one_set else look(plan.references, "reference")
    collected.acquired(probes, references)
    for row, probe in enumerate(plan.probes):
        for column in range(row + 1 if plan.one_set else 0, len(plan.references)):
            if probes[row] and references[column]:
                reply = audit.compare(probe, plan.references[column])
                if reply.score is None:
                    reason = reply.reason or "not_scored"
                    collected.unscored[reason] = collected.unscored.get(reason, 0) + 1
                    collected.refused[row, column] = True
                else:
                    collected.score[row, column] = reply.score
            collected.step("comparisons")


def _silent(done: int, total: int, note: str = "") -> None:
    del done, total, note
