"""One job while it runs and after it has ended, the list of jobs, and cancelling one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from countenance.core.errors import JobNotFound
from countenance.service.account_port import Role, SignedIn
from countenance.service.job_port import Job, JobKind, JobState
from countenance.service.jobs import Jobs, rejects_csv
from countenance.web.console.shell import Shell
from countenance.web.console.templating import lasting

#: Rejects listed on the page; the file has all.
MOST_LISTED = 200
#: Outcomes of photos in words, in the order pages give them.
OUTCOMES: Mapping[str, str] = {
    "stored": "enrolled",
    "duplicate": "enrolled already, the same bytes",
    "no_face": "no face found",
    "several_faces": "several faces, and one is needed",
    "low_quality": "below the quality limits",
    "unreadable": "cannot be read",
}
STATES: Mapping[JobState, str] = {
    JobState.QUEUED: "waiting",
    JobState.RUNNING: "under way",
    JobState.DONE: "done",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
    JobState.INTERRUPTED: "interrupted; it goes on by itself",
}


@dataclass(frozen=True, slots=True)
class ShownJob:
    """A job as pages show it: every number in words.

    Attributes:
        job: The job.
        state: Its state in words.
        progress: 0 to 1, or None while that is not known.
        fields: What changes while it runs, by name.
        counts: (outcome, what it means, photos).
        about: Where its subject is: the gallery's or audit's page.
    """

    job: Job
    state: str
    progress: float | None
    fields: Mapping[str, str]
    counts: tuple[tuple[str, str, int], ...]
    about: str


def shown(job: Job, now: datetime) -> ShownJob:
    """Return a job as pages show it."""
    at = job.progress
    left = at.seconds_left if job.state is JobState.RUNNING else None
    ended = job.finished_at or now
    fields = {
        "state": STATES[job.state] if job.cancel_asked_at is None or job.state.over else "ends at the next photo",
        "stage": at.stage,
        "done": f"{at.done:,} of {at.total:,}" if at.total else "–",
        "rate": "–" if at.rate_per_s is None or job.state.over else f"{at.rate_per_s:,.1f} a second",
        "left": "–" if left is None else f"about {lasting(max(1.0, left))}",
        "taken": "–" if job.started_at is None else lasting(ended - job.started_at),
    }
    counts = tuple((name, words, int(at.counts.get(name, 0))) for name, words in OUTCOMES.items())
    for name, _, number in counts:
        fields[f"count-{name}"] = f"{number:,}"
    folder = "galleries" if job.kind is JobKind.ENROLMENT else "audits"
    return ShownJob(
        job=job,
        state=fields["state"],
        progress=round(at.done / at.total, 4) if at.total else None,
        fields=fields,
        counts=counts,
        about=f"/{folder}/{quote(job.subject_matter)}",
    )


def may_see(person: SignedIn, job: Job) -> bool:
    """Return whether somebody has the role that a job's kind is for; to have had it when it began is not enough."""
    return (Role.GALLERY_OWNER if job.kind is JobKind.ENROLMENT else Role.AUDITOR) in person.roles


def job_pages(shell: Shell, jobs: Jobs) -> APIRouter:
    """Return the pages of jobs."""
    router = shell.router()

    async def seen(request: Request, job_id: str) -> Job:
        person = await shell.who(request)
        job = await shell.desk(lambda: jobs.find(job_id))
        if not may_see(person, job):
            # As if there were none: whose it is is nobody else's business.
            raise JobNotFound(f"There is no job {job_id[:32]}.")
        return job

    @router.get("/jobs")
    async def listed(request: Request, after: str | None = None) -> Response:
        """List the jobs of the kinds one's role is for, newest first."""
        person = await shell.who(request, Role.GALLERY_OWNER, Role.AUDITOR)
        both = {Role.GALLERY_OWNER, Role.AUDITOR} <= person.roles
        owner = Role.GALLERY_OWNER in person.roles
        kind = None if both else JobKind.ENROLMENT if owner else JobKind.AUDIT
        page = await shell.desk(lambda: jobs.page(kind=kind, after=after))
        return shell.page(
            request, "galleries/jobs.html.j2", title="Jobs", jobs=[shown(job, shell.now) for job in page.jobs],
            following=f"/jobs?after={page.after}" if page.after else "", after=after or "",
        )  # fmt: skip

    @router.get("/jobs/{job_id}.json")
    async def told(request: Request, job_id: str) -> Response:
        """Return how far a job is, for the page to show."""
        job = await seen(request, job_id)
        now = shown(job, shell.now)
        return JSONResponse({"fields": dict(now.fields), "progress": now.progress, "over": job.state.over})

    @router.get("/jobs/{job_id}/rejects.csv")
    async def rejects(request: Request, job_id: str) -> Response:
        """Return every photo that was not enrolled, with its reason."""
        job = await seen(request, job_id)
        text = rejects_csv(await shell.desk(lambda: jobs.rejects(job)))
        headers = {"Content-Disposition": f'attachment; filename="rejects-{job.job_id[:12]}.csv"'}
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    @router.post("/jobs/{job_id}/cancel")
    async def cancel(request: Request, job_id: str) -> Response:
        """End a job; what it has done stays."""
        job = await seen(request, job_id)
        await shell.form(request)
        await shell.desk(lambda: jobs.cancel(job.job_id))
        return shell.redirect(f"/jobs/{job.job_id}")

    @router.get("/jobs/{job_id}")
    async def one(request: Request, job_id: str) -> Response:
        """Show a job."""
        job = await seen(request, job_id)
        told = shown(job, shell.now)
        listed: list[Any] = []
        if job.kind is JobKind.ENROLMENT:
            listed = list(await shell.desk(lambda: jobs.rejects(job, limit=MOST_LISTED)))
        return shell.page(
            request, "galleries/job.html.j2", title="Enrolment" if job.kind is JobKind.ENROLMENT else "Audit",
            shown=told, job=job, rejects=listed,
            rejected=sum(number for name, _, number in told.counts if name != "stored"),
            outcomes=OUTCOMES, refresh=not job.state.over,
        )  # fmt: skip

    return router
