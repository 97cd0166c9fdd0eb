"""Reasons that say nothing: flagged for the list of exceptions, never refused for it.

A free-text box invites "investigation". Such a reason is accepted (a rule pack may still refuse for what is missing)
and shown to the records officer, with what is missing, until somebody answers for it.
"""

from __future__ import annotations

import re

#: Words that any search could give as its reason.
GENERIC_WORDS = frozenset(
    {
        "case", "cases", "check", "checking", "crime", "criminal", "detective", "enforcement", "follow", "followup",
        "general", "ident", "identification", "identify", "image", "information", "inquiry", "intel", "intelligence",
        "inv", "invest", "investigate", "investigating", "investigation", "investigations", "investigative", "law",
        "lead", "match", "misc", "miscellaneous", "none", "official", "ongoing", "other", "person", "photo", "picture",
        "poi", "police", "purpose", "purposes", "pursuant", "reason", "request", "requested", "required", "routine",
        "search", "searching", "see", "subject", "susp", "suspect", "tbd", "test", "testing", "unknown", "up",
        "various", "work",
    }
)  # fmt: skip
#: Words that carry no meaning by themselves.
_SMALL_WORDS = frozenset(
    {"an", "and", "as", "at", "by", "for", "from", "in", "is", "it", "of", "on", "or", "our", "per", "re", "the",
     "this", "to", "under", "with"}
)  # fmt: skip
#: Fewest words of its own that a reason needs to say what happened, to whom or where. A statute cited answers a part.
FEWEST_OWN_WORDS = 3
FEWEST_OWN_WORDS_WITH_STATUTE = 1

_WORD = re.compile(r"[^\W\d_]{2,}")


def vague_reason(text: str, *, offence_statute: str = "") -> str | None:
    """Return what is too vague about a reason, as a sentence, or None.

    A reason is vague if fewer than three of its words are its own (one, where a statute is cited): not a number, not a
    small word, not one that any search could give. This counts words and does not judge them.

    Args:
        text: The reason as typed.
        offence_statute: The statute cited for the offence, if any.
    """
    if not text.strip():
        return "No reason was given in words."
    own = {word for word in _WORD.findall(text.lower()) if word not in GENERIC_WORDS and word not in _SMALL_WORDS}
    if len(own) >= (FEWEST_OWN_WORDS_WITH_STATUTE if offence_statute.strip() else FEWEST_OWN_WORDS):
        return None
    if not own:
        return "The reason consists of words that any search could give."
    return "The reason does not say what happened, to whom or where."
