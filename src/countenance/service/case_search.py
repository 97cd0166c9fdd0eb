"""One search at a page: the rules are asked, a photo with several faces comes back to choose, and then it is searched.

Rules kept here:

- Where the rules refuse the search, nothing is looked for in the photo: the refusal is recorded, and that is all.
- A search is counted against its case once: whether a photo holds several faces is found out before, under an act of
  its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from countenance.service import acts
from countenance.service.accountability import Performed
from countenance.service.face_choice import PhotoChoice, PhotoViewer, with_choice
from countenance.service.face_jobs import FaceJobs
from countenance.service.policy_port import PolicyStore
from countenance.service.review_desk import PictureMaker
from countenance.service.search import GallerySearch, SearchRequest, SearchResult

#: Pictures of references that may be shown: reference → JPEG, of those that are kept.
CropsOf = Callable[[Sequence[str]], Mapping[str, bytes]]


def search_or_choose(
    jobs: FaceJobs,
    request: SearchRequest,
    *,
    galleries: GallerySearch,
    policies: PolicyStore,
    view: PhotoViewer,
    picture: PictureMaker,
) -> Performed[SearchResult] | PhotoChoice:
    """Return what a search came to, or the photo with its faces where several were found and none was chosen.

    Args:
        jobs: On somebody's behalf.
        request: What to search.
        galleries: The search.
        policies: Facts of galleries.
        view: Makes a small picture of a whole photo.
        picture: Makes the picture of a face.

    Raises:
        ActRefused, CaseError: The rules or the case refuse it; recorded.
        InputError: The photo cannot be used.
        GalleryNotFound, ModelMismatch, CalibrationError: The gallery cannot be searched so.
    """
    if request.probe.face_number is None and _may_run(jobs, request, galleries, policies):
        found = jobs.probe_faces(request, galleries=galleries, policies=policies).value
        if len(found.faces) > 1:
            return with_choice(found, request.probe, view=view, picture=picture)
    return jobs.search(request, galleries=galleries, policies=policies)


def _may_run(jobs: FaceJobs, request: SearchRequest, galleries: GallerySearch, policies: PolicyStore) -> bool:
    facts = policies.gallery_facts(request.gallery)
    threshold = galleries.plan(request, facts)
    act = acts.search(threshold.model, threshold, facts, request.probe.data, request.limit)
    return jobs.accountability.decide(act, jobs.standing).decision.may_run
