"""Names of galleries and people as parameters: how long they may be."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

#: Longest name, characters: a byte each at least, and no more bytes than can be stored and indexed.
#: Source: ``storage.storable_text.LONGEST_NAME_BYTES``.
MOST_NAME = 1_352

GalleryName = Annotated[str, Path(min_length=1, max_length=MOST_NAME, description="Name of a gallery of the case.")]
SubjectName = Annotated[str, Path(min_length=1, max_length=MOST_NAME, description="Name of a data subject in it.")]
