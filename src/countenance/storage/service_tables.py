"""What clients of the service see: collections with faces, users, tags, answered requests; Azure's groups and face ids.

Rules kept here:

- A collection is a gallery with a row here; deleting the gallery deletes everything of the collection.
- A face of a collection is one data subject of the gallery, with one reference: its key is its own, and deleting the
  face destroys it. The subject's name is the face's identifier.
- The same face of the same picture under the same external image id is stored once: the database refuses a second row.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from countenance.storage.tables import IDENTIFIER, SHA256, TIME, metadata

#: A UUID as the vendor writes it, with dashes.
UUID_TEXT = String(36)

collections = Table(
    "collections",
    metadata,
    Column("gallery_id", IDENTIFIER, nullable=False),
    Column("dialect", Text, nullable=False),
    # Grows with every change of who belongs to which user, so that a copy in memory knows when it is stale.
    Column("users_revision", BigInteger, nullable=False),
    PrimaryKeyConstraint("gallery_id"),
    ForeignKeyConstraint(["gallery_id"], ["galleries.gallery_id"], ondelete="CASCADE"),
)

collection_tags = Table(
    "collection_tags",
    metadata,
    Column("gallery_id", IDENTIFIER, nullable=False),
    Column("tag_key", Text, nullable=False),
    Column("tag_value", Text, nullable=False),
    PrimaryKeyConstraint("gallery_id", "tag_key"),
    ForeignKeyConstraint(["gallery_id"], ["collections.gallery_id"], ondelete="CASCADE"),
)

collection_users = Table(
    "collection_users",
    metadata,
    Column("gallery_id", IDENTIFIER, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("created_at", TIME, nullable=False),
    PrimaryKeyConstraint("gallery_id", "user_id"),
    ForeignKeyConstraint(["gallery_id"], ["collections.gallery_id"], ondelete="CASCADE"),
)

#: ``user_id`` is cleared before its user goes; a face outlives its user.
collection_faces = Table(
    "collection_faces",
    metadata,
    Column("gallery_id", IDENTIFIER, nullable=False),
    Column("face_id", UUID_TEXT, nullable=False),
    Column("subject_id", IDENTIFIER, nullable=False),
    Column("image_id", UUID_TEXT, nullable=False),
    Column("image_sha256", SHA256, nullable=False),
    # Empty without one: a unique constraint takes two nulls for different.
    Column("external_image_id", Text, nullable=False),
    # Position among all faces found in the picture, largest first, from 1.
    Column("face_number", Integer, nullable=False),
    Column("box_left", Float, nullable=False),
    Column("box_top", Float, nullable=False),
    Column("box_width", Float, nullable=False),
    Column("box_height", Float, nullable=False),
    Column("detector_score", Float, nullable=False),
    Column("user_id", Text),
    PrimaryKeyConstraint("gallery_id", "face_id"),
    ForeignKeyConstraint(["gallery_id"], ["collections.gallery_id"], ondelete="CASCADE"),
    ForeignKeyConstraint(
        ["gallery_id", "subject_id"], ["subjects.gallery_id", "subjects.subject_id"], ondelete="CASCADE"
    ),
    UniqueConstraint("gallery_id", "image_sha256", "external_image_id", "face_number", name="uq_collection_faces_once"),
    Index(None, "gallery_id", "subject_id"),
    Index(None, "gallery_id", "user_id"),
)

#: Answers to requests that carried a client's token, so that a repeated request gets the same answer and does nothing.
answered_requests = Table(
    "answered_requests",
    metadata,
    Column("gallery_id", IDENTIFIER, nullable=False),
    Column("operation", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("request_sha256", SHA256, nullable=False),
    Column("answer", Text, nullable=False),
    Column("answered_at", TIME, nullable=False),
    PrimaryKeyConstraint("gallery_id", "operation", "token"),
    ForeignKeyConstraint(["gallery_id"], ["collections.gallery_id"], ondelete="CASCADE"),
    Index(None, "answered_at"),
)

#: A person group or face list of Azure Face: a collection with a kind, an identifier and texts of its client's.
azure_containers = Table(
    "azure_containers",
    metadata,
    Column("gallery_id", IDENTIFIER, nullable=False),
    Column("kind", Text, nullable=False),
    Column("container_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("user_data", Text),
    # Which of the vendor's models the client named; nothing of this installation's own model.
    Column("recognition_model", Text, nullable=False),
    Column("training_asked_at", TIME),
    PrimaryKeyConstraint("gallery_id"),
    ForeignKeyConstraint(["gallery_id"], ["collections.gallery_id"], ondelete="CASCADE"),
    UniqueConstraint("kind", "container_id", name="uq_azure_containers_id"),
)

#: What a client calls a user of such a group, whom Azure calls a person.
azure_persons = Table(
    "azure_persons",
    metadata,
    Column("gallery_id", IDENTIFIER, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("user_data", Text),
    PrimaryKeyConstraint("gallery_id", "user_id"),
    ForeignKeyConstraint(
        ["gallery_id", "user_id"], ["collection_users.gallery_id", "collection_users.user_id"], ondelete="CASCADE"
    ),
)

#: The client's own text beside a face, where there is one.
azure_faces = Table(
    "azure_faces",
    metadata,
    Column("gallery_id", IDENTIFIER, nullable=False),
    Column("face_id", UUID_TEXT, nullable=False),
    Column("user_data", Text, nullable=False),
    PrimaryKeyConstraint("gallery_id", "face_id"),
    ForeignKeyConstraint(
        ["gallery_id", "face_id"], ["collection_faces.gallery_id", "collection_faces.face_id"], ondelete="CASCADE"
    ),
)

#: Faces that a client has detected and may compare for some hours, each sealed under a key of its own.
temporary_faces = Table(
    "temporary_faces",
    metadata,
    Column("face_id", UUID_TEXT, nullable=False),
    # Whose they are: a case, or empty without one. Another case does not find them.
    Column("case_id", Text, nullable=False),
    Column("recognition_model", Text, nullable=False),
    Column("model_name", Text, nullable=False),
    Column("model_digest", SHA256, nullable=False),
    Column("model_dimension", Integer, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sealed_template", LargeBinary, nullable=False),
    Column("expires_at", TIME, nullable=False),
    PrimaryKeyConstraint("face_id"),
    Index(None, "expires_at"),
)
