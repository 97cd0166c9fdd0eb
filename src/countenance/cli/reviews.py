"""``review``: list held results, look at one, vote, release, close; who reviews, and how often they are wrong."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from countenance.bootstrap.accountability import AccountableParts, accountable
from countenance.bootstrap.profiles import read_profile
from countenance.cli.options import DataDir, Json, application
from countenance.cli.output import out, print_json, record_of, table
from countenance.cli.review_sheet import write_pictures, write_sheet
from countenance.service.review_account import account
from countenance.service.review_ballots import Ballot, parse_ratings
from countenance.service.review_release import Lead
from countenance.service.reviewers import ErrorRate, ReviewerRecord
from countenance.service.reviews import Cast, ReviewSummary

review_app = typer.Typer(help="Look at results that the rules hold, vote, release.", no_args_is_help=True)
reviewers_app = typer.Typer(help="Who reviews, and how often they are wrong.", invoke_without_command=True)

Review = Annotated[str, typer.Argument(help="The review, or the beginning of its identifier.", show_default=False)]
As = Annotated[
    str | None, typer.Option("--as", metavar="NAME", help="Who you are.", show_default="the profile's operator, or you")
]
Reason = Annotated[str, typer.Option("--reason", help="Why; goes into the record.")]

_RESULTS = {
    "released": "released",
    "none_chosen": "closed: the reviewers chose nobody",
    "disagreement": "closed: the reviewers did not agree",
    "withdrawn": "closed by hand",
    "abandoned": "closed: nobody finished it",
}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    review_app.add_typer(reviewers_app, name="reviewers")
    app.add_typer(review_app, name="review")


@review_app.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Those that have ended, too.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Most reviews.")] = 100,
    skip: Annotated[int, typer.Option("--skip", min=0, help="Leave out this many of the newest.")] = 0,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """List reviews, newest first. Nothing in the list says who was found or what anybody voted."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        found = parts.reviews.recent(everything=everything, limit=limit, offset=skip)
    if as_json:
        print_json("review list", {"reviews": found})
    else:
        _print_list(found)


@review_app.command("show", epilog='Example:  countenance review show 3f9a01c2 --as "M. Lind" --sheet look.html')
def show(
    review: Review,
    as_: As = None,
    sheet: Annotated[
        Path | None, typer.Option("--sheet", help="Write the page to look at here.", show_default="review-….html")
    ] = None,
    pictures: Annotated[
        Path | None, typer.Option("--pictures", help="Write the pictures into this folder instead.")
    ] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Write a page with the probe and lettered pictures, in your order, to look at before you vote."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        panel = parts.reviews.look(review, _who(parts, as_))
    if pictures is not None:
        write_pictures(panel, pictures)
    if sheet is not None or pictures is None:
        sheet = Path(f"review-{panel.review_id[:8]}.html") if sheet is None else sheet
        write_sheet(panel, sheet)
    lineups = [
        {
            "probe": item.probe_number,
            "letters": [face.letter for face in item.faces if face.picture is not None],
            "without_picture": [face.letter for face in item.faces if face.picture is None],
        }
        for item in panel.lineups
    ]
    if as_json:
        content = {"review_id": panel.review_id, "due_at": panel.due_at, "lineups": lineups}
        print_json("review show", {**content, "sheet": sheet, "pictures": pictures})
        return
    out.print(Text(f"Review {panel.review_id}, due {panel.due_at:%Y-%m-%d %H:%M} UTC."))
    for item in lineups:
        letters = item["letters"]
        out.print(Text(f"Face {item['probe']}: {' '.join(map(str, letters if isinstance(letters, list) else ()))}"))
    for written in (sheet, pictures):
        if written is not None:
            out.print(Text(f"Look at {written}; delete it when you have voted."))


@review_app.command(
    "vote", epilog='Example:  countenance review vote 3f9a01c2 --as "M. Lind" --rating C=+2 --rest -3 --reason "scar"'
)
def vote(
    review: Review,
    as_: As = None,
    rating: Annotated[
        list[str] | None,
        typer.Option("--rating", metavar="LETTER=N", help="From -3 (different people) to +3 (same); repeatable."),
    ] = None,
    rest: Annotated[
        int | None, typer.Option("--rest", min=-3, max=3, help="The rating of every letter not named.")
    ] = None,
    none_of_these: Annotated[
        bool, typer.Option("--none-of-these", help="Nobody shown is the person in the probe.")
    ] = False,
    reason: Reason = "",
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Vote, once. Whoever asked for the search cannot; nobody sees your vote before the review has ended."""
    ballot = Ballot(parse_ratings(rating or ()), none_of_these, rest, reason)
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        cast = parts.reviews.vote(review, _who(parts, as_), ballot)
    if as_json:
        print_json("review vote", {"vote": cast})
    else:
        _print_cast(cast)


@review_app.command("release", epilog="Example:  countenance review release 3f9a01c2")
def release(review: Review, as_: As = None, as_json: Json = False, data_dir: DataDir = None) -> None:
    """Ask the rules about releasing what reviewers agreed on, record it, and show it: a lead, not an identification."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        done = parts.release(review, _who(parts, as_))
    if as_json:
        print_json("review release", {"lead": done.value, "record": record_of(done)})
    else:
        _print_lead(done.value)


@review_app.command("close", epilog='Example:  countenance review close 3f9a01c2 --reason "child found"')
def close(review: Review, as_: As = None, reason: Reason = "", as_json: Json = False, data_dir: DataDir = None) -> None:
    """Close a review without releasing anything; what was shown and voted stays on record."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        entry_id = parts.reviews.close(review, _who(parts, as_), reason)
    if as_json:
        print_json("review close", {"review": review, "entry_id": entry_id})
    else:
        out.print(Text(f"Closed; nothing is released. Recorded as entry {entry_id}."))


@review_app.command("account")
def account_(review: Review, as_json: Json = False, data_dir: DataDir = None) -> None:
    """Show everything about a review that has ended, for disclosure: everybody found and shown, every vote."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        found = account(parts.reviews, review)
    if as_json:
        print_json("review account", {"account": found})
        return
    rows = [
        (
            str(item.probe_number),
            "filler" if item.is_filler else f"candidate {item.candidate_rank}",
            item.subject or "erased",
            "" if item.similarity is None else f"{item.similarity:.3f}",
            " ".join("·" if rating is None else f"{rating:+d}" for rating in item.ratings),
            "agreed" if item.agreed else "" if item.shown else "no picture, not shown",
        )
        for item in found.items
    ]
    out.print(table(f"Review {found.review_id}: {_RESULTS[found.result]}", _ACCOUNT_COLUMNS, rows, right=(3,)))
    for number, one in enumerate(found.votes, start=1):
        late = ", late" if one.late else ""
        out.print(Text(f"Vote {number}: entry {one.entry_id}{late}; fillers chosen: {one.fillers_chosen}."))


_ACCOUNT_COLUMNS = ("face", "who", "name", "similarity", "ratings", "")


@reviewers_app.callback()
def reviewers(context: typer.Context, as_json: Json = False, data_dir: DataDir = None) -> None:
    """List reviewers with how often each took a known stranger for the person in the probe."""
    if context.invoked_subcommand is not None:
        return
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        found = parts.reviewers.everybody()
    if as_json:
        print_json("review reviewers", {"reviewers": found})
    else:
        _print_reviewers(found)


@reviewers_app.command("attest", epilog='Example:  countenance review reviewers attest "M. Lind" --until 2032-01-31')
def attest(
    name: Annotated[str, typer.Argument(help="The reviewer.", show_default=False)],
    until: Annotated[
        datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="Last day on which the training counts.")
    ],
    as_: As = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Vouch for a reviewer's current training. The software cannot check it; your name is kept with it."""
    with accountable(application(data_dir=data_dir), interface="cli") as parts:
        standing = parts.standing_as(_who(parts, as_))
        end = datetime.combine(until.date(), time.max, tzinfo=UTC)
        entry_id = parts.reviewers.attest(name, end, standing)
    if as_json:
        print_json("review reviewers attest", {"reviewer": name, "until": end, "entry_id": entry_id})
    else:
        out.print(Text(f"{name} reviews until {end:%Y-%m-%d}. Recorded as entry {entry_id}."))


def _who(parts: AccountableParts, name: str | None) -> str:
    return name or read_profile(parts.app).operator or getpass.getuser()


def _print_list(found: Sequence[ReviewSummary]) -> None:
    rows = [
        (
            one.review_id[:8],
            _state(one),
            one.gallery,
            f"{one.opened_at:%Y-%m-%d %H:%M}",
            f"{one.due_at:%Y-%m-%d %H:%M}" + (" late" if one.late else ""),
            f"{one.votes} of {one.quorum}",
        )
        for one in found
    ]
    columns = ("review", "state", "gallery", "opened (UTC)", "due (UTC)", "votes")
    out.print(table(f"{len(rows)} review(s)", columns, rows))


def _state(one: ReviewSummary) -> str:
    if one.result is not None:
        return _RESULTS.get(one.result, one.result)
    return "agreed, can be released" if one.state == "agreed" else "waits for votes"


def _print_cast(cast: Cast) -> None:
    if cast.result is not None:
        said = f"The review is {_RESULTS[cast.result]}; nothing is released."
    elif cast.state == "agreed":
        said = "The reviewers agree; it can be released."
    else:
        said = f"{cast.votes_missing} more vote(s) are waited for."
    late = " It came after the review was due." if cast.late else ""
    out.print(Text(f"Your vote is counted.{late} {said}"), Text(f"Recorded as entry {cast.entry_id}."), sep="\n")


def _print_lead(lead: Lead) -> None:
    out.print(Text(lead.statement, style="bold"))
    rows = [
        (
            item.subject,
            " ".join("·" if rating is None else f"{rating:+d}" for rating in item.ratings),
            "" if item.similarity is None else f"{item.similarity:.3f}",
        )
        for item in lead.candidates
    ]
    out.print(table("", ("subject", "ratings", "similarity"), rows, right=(2,)))
    out.print(Text(f"{lead.reviewers} reviewer(s) agreed, each by themselves, of {lead.votes} who voted."))
    out.print(Text(f"{lead.not_chosen} other candidate(s) of the search are not released; they stay on record."))
    out.print(Text(lead.caution))
    out.print(Text(f"Recorded as entry {lead.entry_id}."))


def _print_reviewers(found: Sequence[ReviewerRecord]) -> None:
    rows = [
        (
            one.name,
            f"{one.trained_until:%Y-%m-%d}" + ("" if one.current else " over"),
            str(one.votes),
            _rate(one.per_filler),
        )
        for one in found
    ]
    columns = ("reviewer", "trained until", "votes", "fillers chosen, of those shown")
    out.print(table(f"{len(rows)} reviewer(s)", columns, rows, right=(2,)))
    out.print(Text("A filler is somebody of the same gallery whom the search did not find. Intervals: 95 %."))


def _rate(rate: ErrorRate | None) -> str:
    if rate is None:
        return "none yet"
    return f"{rate.errors} of {rate.trials} = {rate.rate:.1%} ({rate.low:.1%} to {rate.high:.1%})"
