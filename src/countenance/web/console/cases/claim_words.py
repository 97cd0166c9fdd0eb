"""What claims and their words are called on a page, and in which groups they are asked for."""

from __future__ import annotations

from collections.abc import Mapping

#: Words that read better than with their underscores taken out.
WORDS: Mapping[str, str] = {
    "race_ethnicity": "race or ethnicity",
    "sex_gender": "sex or gender",
    "protest_participation": "taking part in a protest",
    "photo_organisation": "sorting photos",
    "public_accommodation": "shop, hotel or venue",
    "publicly_accessible": "publicly accessible place",
    "real_time": "live",
    "near_real_time": "nearly live",
    "online_image_not_posted_by_subject": "online image, not posted by the person",
    "lineup_from_match": "a line-up made from the match (supports nothing)",
    "authority_authorisation": "authorisation by an authority",
}
#: Claim → what it is called. The policy's own short meaning stands under it.
LABELS: Mapping[str, str] = {
    "actor_sector": "Who acts",
    "on_behalf_of": "On whose behalf",
    "purpose": "Purpose",
    "jurisdictions": "Places",
    "targeted": "About one person or offence",
    "intended_use": "What a result is for",
    "adverse_effect": "May have serious effects on somebody",
    "defence_disclosure": "Use will be disclosed to the defence",
    "selection_basis": "Traits people were picked by",
    "probe_source": "Where the photo comes from",
    "space": "Where it was taken",
    "timing": "When, against the event",
    "gallery_source": "Where compared photos come from",
    "legal_basis": "Legal basis",
    "auth_status": "Authorisation",
    "auth_id": "Its number",
    "auth_expires": "It ends",
    "suspicion": "Suspicion",
    "offence_tags": "Class of the offence",
    "offence_statute": "Statute",
    "offence_max_years": "Longest sentence, in years",
    "offence_facts_linked": "Facts link the photo to the offence",
    "corroboration": "Evidence besides",
    "consent_status": "Consent of the person",
    "consent_form": "How consent was given",
    "purpose_and_term_disclosed": "Purpose and length of keeping were told",
    "notice": "How the person was told",
}
#: Claim → what stands under it, where the policy's own meaning would only repeat the name.
HINTS: Mapping[str, str] = {
    "actor_sector": "The kind of person or organisation that searches and uses the result.",
    "on_behalf_of": "If somebody else asked for it; otherwise none.",
    "purpose": "Rules read this first.",
    "selection_basis": "None of these, if nobody was picked by a trait or an activity.",
    "intended_use": "A lead is looked into; anything more needs evidence besides.",
    "auth_id": "",
    "offence_tags": "",
    "offence_max_years": "",
    "probe_source": "",
    "space": "",
    "consent_form": "",
    "notice": "",
    "legal_basis": "As you state it.",
    "jurisdictions": "Codes parted by commas, such as US-OH or US-OR/portland: where operator, camera and subject are.",
    "auth_expires": "In UTC.",
    "gallery_source": "Counts for comparisons only; a gallery has a source of its own.",
}
#: (title, sentence, claims, whether it stands open).
GROUPS: tuple[tuple[str, str, tuple[str, ...], bool], ...] = (
    (
        "Who acts, and why",
        "Every rule asks for these.",
        (
            "actor_sector", "on_behalf_of", "purpose", "jurisdictions", "selection_basis", "targeted", "intended_use",
            "adverse_effect", "defence_disclosure",
        ),
        True,
    ),
    (
        "The photos that will be searched",
        "What is left open here is asked for with each search.",
        ("probe_source", "space", "timing", "gallery_source"),
        True,
    ),
    (
        "Authority",
        "An authorisation that is granted has a number and an end.",
        ("legal_basis", "auth_status", "auth_id", "auth_expires"),
        False,
    ),
    (
        "Offence",
        "Where there is one.",
        (
            "suspicion", "offence_tags", "offence_statute", "offence_max_years", "offence_facts_linked",
            "corroboration",
        ),
        False,
    ),
    (
        "Consent and notice",
        "Of the person whose face it is.",
        ("consent_status", "consent_form", "purpose_and_term_disclosed", "notice"),
        False,
    ),
)  # fmt: skip
