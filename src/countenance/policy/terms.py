"""The closed words of a policy request: actions, sectors, purposes and the rest, as enumerations.

A rule may compare an attribute only with a word listed here; the pack loader refuses any other, so that a misspelt
word cannot make a rule that never fires. Where a fact is unknown, the request says the most restrictive word.
"""

from __future__ import annotations

import enum


class Action(enum.StrEnum):
    """What is about to be done; the spelling is that of the Cedar actions."""

    ENROL = "Enroll"
    SEARCH = "Search1N"
    VERIFY = "Verify1to1"
    LIVE_WATCHLIST = "LiveWatchlist"
    INFER_ATTRIBUTE = "InferAttribute"
    IMPORT_GALLERY = "ImportGallery"
    RELEASE_FOR_USE = "ReleaseForUse"


class Sector(enum.StrEnum):
    """Who acts. ``none`` is meant for ``on_behalf_of`` only."""

    US_LOCAL_POLICE = "us_local_police"
    US_STATE_POLICE = "us_state_police"
    US_CAMPUS_POLICE = "us_campus_police"
    US_FEDERAL_LE = "us_federal_le"
    US_PUBLIC_AGENCY = "us_public_agency"
    SCHOOL = "school"
    LE_OTHER_COUNTRY = "le_other_country"
    PRIVATE_ENTITY = "private_entity"
    INDIVIDUAL = "individual"
    RESEARCH = "research"
    NONE = "none"


class Purpose(enum.StrEnum):
    """Why; ``suspect_search`` looks for a known or named person, ``suspect_initial_identification`` for a name."""

    SUSPECT_INITIAL_IDENTIFICATION = "suspect_initial_identification"
    SUSPECT_SEARCH = "suspect_search"
    VICTIM_IDENTIFICATION = "victim_identification"
    VICTIM_SEARCH = "victim_search"
    WITNESS_IDENTIFICATION = "witness_identification"
    MISSING_PERSON = "missing_person"
    DECEASED_IDENTIFICATION = "deceased_identification"
    INCAPACITATED_IDENTIFICATION = "incapacitated_identification"
    IMMINENT_THREAT_TO_LIFE = "imminent_threat_to_life"
    TERRORIST_THREAT = "terrorist_threat"
    LAWFULLY_DETAINED = "lawfully_detained"
    ID_DOCUMENT_FRAUD = "id_document_fraud"
    ACCESS_CONTROL = "access_control"
    LOSS_PREVENTION = "loss_prevention"
    ATTENDANCE = "attendance"
    PHOTO_ORGANISATION = "photo_organisation"
    IMMIGRATION_ENFORCEMENT = "immigration_enforcement"
    EVENT_MONITORING = "event_monitoring"
    GENERAL_SURVEILLANCE = "general_surveillance"
    MEDICAL = "medical"
    SAFETY = "safety"
    ACCURACY_EVALUATION = "accuracy_evaluation"
    DATA_SUBJECT_REQUEST = "data_subject_request"


class SelectionBasis(enum.StrEnum):
    """A trait or activity people were picked by; an empty set means none was used."""

    RACE_ETHNICITY = "race_ethnicity"
    RELIGION = "religion"
    POLITICAL_VIEWS = "political_views"
    CITIZENSHIP = "citizenship"
    IMMIGRATION_STATUS = "immigration_status"
    SEX_GENDER = "sex_gender"
    SEXUAL_ORIENTATION = "sexual_orientation"
    DISABILITY = "disability"
    AGE = "age"
    PROTEST_PARTICIPATION = "protest_participation"
    LAWFUL_ASSOCIATION = "lawful_association"


class Mode(enum.StrEnum):
    """The kind of comparison or inference."""

    VERIFY = "verify_1_1"
    SEARCH = "search_1_n"
    LIVE_WATCHLIST = "live_watchlist"
    DEDUP = "dedup"
    EMOTION = "emotion"
    CATEGORISE_SENSITIVE = "categorise_sensitive"


class Timing(enum.StrEnum):
    """When, relative to the capture of the probe."""

    REAL_TIME = "real_time"
    NEAR_REAL_TIME = "near_real_time"
    AFTER_THE_FACT = "after_the_fact"


class Space(enum.StrEnum):
    """Where the probe was captured."""

    PUBLICLY_ACCESSIBLE = "publicly_accessible"
    PUBLIC_ACCOMMODATION = "public_accommodation"
    WORKPLACE = "workplace"
    EDUCATION = "education"
    CUSTODY = "custody"
    BORDER = "border"
    PRIVATE_PREMISES = "private_premises"
    ONLINE = "online"


class ProbeSource(enum.StrEnum):
    """What the probe picture comes from."""

    STILL_PHOTO = "still_photo"
    CCTV_RECORDING = "cctv_recording"
    CCTV_LIVE = "cctv_live"
    BODY_WORN_CAMERA = "body_worn_camera"
    DASH_CAMERA = "dash_camera"
    MOBILE_CAMERA = "mobile_camera"
    DRONE = "drone"
    ID_DOCUMENT = "id_document"
    SOCIAL_MEDIA = "social_media"
    ONLINE_IMAGE_NOT_POSTED_BY_SUBJECT = "online_image_not_posted_by_subject"
    SKETCH = "sketch"
    EDITED_IMAGE = "edited_image"
    SEIZED_MEDIA = "seized_media"


class GallerySource(enum.StrEnum):
    """Where the references of the gallery come from."""

    CONSENTED_ENROLMENT = "consented_enrolment"
    BOOKING_PHOTOS = "booking_photos"
    GOVERNMENT_IMAGE_DATABASE = "government_image_database"
    MISSING_PERSONS = "missing_persons"
    EMPLOYEE_LIST = "employee_list"
    COMMERCIAL_DATABASE = "commercial_database"
    SCRAPED_WEB = "scraped_web"
    SCRAPED_CCTV = "scraped_cctv"
    UNKNOWN = "unknown"


class LegalBasis(enum.StrEnum):
    """The basis the operator states."""

    WARRANT = "warrant"
    COURT_ORDER = "court_order"
    AUTHORITY_AUTHORISATION = "authority_authorisation"
    EXIGENT_CIRCUMSTANCES = "exigent_circumstances"
    STATUTE = "statute"
    WRITTEN_CONSENT = "written_consent"
    EXPLICIT_CONSENT = "explicit_consent"
    SUBSTANTIAL_PUBLIC_INTEREST_LAW = "substantial_public_interest_law"
    NONE = "none"


class AuthStatus(enum.StrEnum):
    """What became of the request for an authorisation."""

    GRANTED = "granted"
    REQUESTED = "requested"
    REFUSED = "refused"
    NONE = "none"


class Suspicion(enum.StrEnum):
    """Grade of suspicion stated, weakest first."""

    NONE = "none"
    REASONABLE_SUSPICION = "reasonable_suspicion"
    FAIR_PROBABILITY = "fair_probability"
    PROBABLE_CAUSE = "probable_cause"


class OffenceTag(enum.StrEnum):
    """Class of the offence as the operator states it; the statute itself stands in ``offence_statute``."""

    FELONY = "felony"
    VIOLENT_CRIME = "violent_crime"
    EU_ANNEX_II = "eu_annex_ii"
    MD_2_503_LIST = "md_2_503_list"
    MT_SERIOUS_CRIME = "mt_serious_crime"
    ME_SERIOUS_CRIME = "me_serious_crime"
    HUMAN_TRAFFICKING = "human_trafficking"
    THEFT = "theft"
    OTHER = "other"


class ConsentStatus(enum.StrEnum):
    """Consent of the person whose face it is."""

    GIVEN = "given"
    NONE = "none"
    WITHDRAWN = "withdrawn"


class ConsentForm(enum.StrEnum):
    """How consent was given."""

    WRITTEN_RELEASE = "written_release"
    ELECTRONIC_SIGNATURE = "electronic_signature"
    EXPLICIT = "explicit"
    NONE = "none"


class Notice(enum.StrEnum):
    """How the person was told."""

    NONE = "none"
    SIGNAGE = "signage"
    PUBLIC_POLICY = "public_policy"
    INDIVIDUAL_BEFORE_CAPTURE = "individual_before_capture"


class RetentionClock(enum.StrEnum):
    """What the retention days are counted from."""

    SINCE_ENROLMENT = "since_enrolment"
    SINCE_LAST_INTERACTION = "since_last_interaction"
    AFTER_PURPOSE_ENDS = "after_purpose_ends"
    AFTER_CASE_CLOSED = "after_case_closed"


class IntendedUse(enum.StrEnum):
    """What the result is to be used for."""

    LEAD_ONLY = "lead_only"
    LINEUP = "lineup"
    ARREST = "arrest"
    DETAIN_OR_INTERVIEW = "detain_or_interview"
    WARRANT_AFFIDAVIT = "warrant_affidavit"
    DENY_SERVICE = "deny_service"
    GRANT_ACCESS = "grant_access"
    EXCULPATORY = "exculpatory"


class Corroboration(enum.StrEnum):
    """Evidence besides the match; ``lineup_from_match`` is recorded but supports nothing."""

    PHYSICAL_EVIDENCE = "physical_evidence"
    INDEPENDENT_EYEWITNESS = "independent_eyewitness"
    LOCATION_EVIDENCE = "location_evidence"
    DIGITAL_EVIDENCE = "digital_evidence"
    DOCUMENTARY_EVIDENCE = "documentary_evidence"
    LINEUP_FROM_MATCH = "lineup_from_match"


class EvalGroup(enum.StrEnum):
    """A demographic factor an evaluation broke its error rates down by."""

    SEX = "sex"
    AGE = "age"
    RACE_OR_SKIN_TONE = "race_or_skin_tone"


class CertificateStatus(enum.StrEnum):
    """Whether the evaluation certificate speaks about the model, threshold and gallery in use, and if not, why."""

    VALID = "valid"
    NONE = "none"
    UNREADABLE = "unreadable"
    ALTERED = "altered"
    UNTRUSTED_SIGNER = "untrusted_signer"
    OTHER_MODEL = "other_model"
    OTHER_GALLERY = "other_gallery"
    DATED_AHEAD = "dated_ahead"


class DeploymentFact(enum.StrEnum):
    """Something an operator attests about the installation, by name and date."""

    PUBLIC_POLICY = "public_policy"
    PUBLIC_DISCLOSURE = "public_disclosure"
    ACCOUNTABILITY_REPORT = "accountability_report"
    NOTICE_OF_INTENT = "notice_of_intent"
    PUBLIC_NOTICE = "public_notice"
    ANNUAL_REPORT = "annual_report"
    YEARLY_AUDIT = "yearly_audit"
    NAMED_OFFICER = "named_officer"
    OPERATIONAL_TEST = "operational_test"
    STAFF_TRAINING_CURRENT = "staff_training_current"
    PUBLIC_RETENTION_POLICY = "public_retention_policy"
    DPIA_ART35 = "dpia_art35"
    EU_FRIA_ART27 = "eu_fria_art27"
    EU_DATABASE_REGISTRATION = "eu_database_registration"
    EU_NATIONAL_LAW_ENABLING = "eu_national_law_enabling"
    EU_ART14_5_DISAPPLIED_BY_LAW = "eu_art14_5_disapplied_by_law"
    EU_EARLY_DUTIES_OFF = "eu_early_duties_off"
    VA_EXPRESS_STATUTORY_AUTHORISATION = "va_express_statutory_authorisation"
    LIVE_VIDEO_UNIT_NAMED = "live_video_unit_named"
    UK_DPIA_PART3 = "uk_dpia_part3"
    UK_WATCHLIST_WHO_CRITERIA = "uk_watchlist_who_criteria"
    UK_WATCHLIST_WHERE_CRITERIA = "uk_watchlist_where_criteria"
    UK_WATCHLIST_EXPIRY = "uk_watchlist_expiry"
    UK_EQUALITY_TESTING = "uk_equality_testing"
