"""A reviewer's line-ups as one HTML page or a folder of pictures: letters, nothing else that tells anything.

Rules kept here:

- The page is one file and loads nothing from anywhere. Its name says nothing of who is in it.
- Files are readable by their owner only. They hold faces: delete them when the vote is cast.
"""

from __future__ import annotations

import base64
import html
import os
from pathlib import Path

from countenance.core.errors import FileUnreadable
from countenance.service.review_quorum import SCALE
from countenance.service.reviews import Lineup, Panel

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:1100px;padding:0 1rem;color:#1a1a1a;background:#fff}
h1,h2{font-family:Georgia,serif;font-weight:normal}
.lineup{display:flex;gap:2.5rem;align-items:flex-start;margin:1rem 0 3rem}
.probe{position:sticky;top:1rem;flex:0 0 auto}
.faces{display:flex;flex-wrap:wrap;gap:1.2rem}
figure{margin:0;width:200px}
img,.gone{width:200px;height:200px;display:block;background:#eee}
.gone{display:grid;place-items:center;color:#555;text-align:center}
figcaption{padding:.2rem 0;font-size:1.1rem}
dt{float:left;width:2.5rem;font-variant-numeric:tabular-nums}dd{margin:0 0 0 2.5rem}
@media(prefers-color-scheme:dark){body{background:#161616;color:#eee}img,.gone{background:#333}.gone{color:#bbb}}
@media(max-width:700px){.lineup{flex-direction:column}.probe{position:static}}
"""


def sheet(panel: Panel) -> str:
    """Return the page."""
    lineups = "".join(_lineup(item, several=len(panel.lineups) > 1) for item in panel.lineups)
    scale = "".join(f"<dt>{_signed(rating)}</dt><dd>{html.escape(words)}</dd>" for rating, words in SCALE.items())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Review {panel.review_id[:8]}</title><style>{_STYLE}</style></head><body>"
        f"<h1>Review {panel.review_id[:8]}</h1>"
        "<p>Compare the probe with each lettered picture, by itself. The person in the probe may be among them, or may "
        "not be. Some of those shown are fillers: people whom the search did not find. Rate every letter, or say "
        "<em>none of these</em>. Speak to nobody about it before all votes are in.</p>"
        f"{lineups}<h2>Scale</h2><dl>{scale}</dl></body></html>"
    )


def write_sheet(panel: Panel, path: Path) -> None:
    """Write the page.

    Raises:
        FileUnreadable: It cannot be written.
    """
    _write(path, sheet(panel).encode())


def write_pictures(panel: Panel, folder: Path) -> int:
    """Write each picture under its letter, and each probe, into a folder; return how many.

    Raises:
        FileUnreadable: They cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise FileUnreadable(f"The folder {folder} cannot be made: {(error.strerror or '').lower()}.") from error
    pictures = {f"probe-{item.probe_number}": item.probe for item in panel.lineups}
    pictures |= {face.letter: face.picture for item in panel.lineups for face in item.faces}
    there = {name: data for name, data in pictures.items() if data is not None}
    for name, data in there.items():
        _write(folder / f"{name}.jpg", data)
    return len(there)


def _lineup(item: Lineup, *, several: bool) -> str:
    title = f"<h2>Face {item.probe_number}</h2>" if several else ""
    faces = "".join(_figure(face.letter, face.picture) for face in item.faces)
    probe = _figure("Probe", item.probe)
    return f'{title}<div class="lineup"><div class="probe">{probe}</div><div class="faces">{faces}</div></div>'


def _figure(caption: str, picture: bytes | None) -> str:
    if picture is None:
        shown = '<div class="gone">no picture any more</div>'
    else:
        data = base64.b64encode(picture).decode()
        shown = f'<img alt="{caption}" src="data:image/jpeg;base64,{data}">'
    return f"<figure>{shown}<figcaption>{caption}</figcaption></figure>"


def _signed(rating: int) -> str:
    return f"{rating:+d}" if rating else "0"


def _write(path: Path, data: bytes) -> None:
    try:
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be written: {(error.strerror or '').lower()}.") from error
