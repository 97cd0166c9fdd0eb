"""What clients of the service see: collections, faces, users, tags, answered requests; Azure's groups and face ids.

Revision: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of this step."""
    op.create_table(
        "collections",
        sa.Column("gallery_id", sa.String(32), nullable=False),
        sa.Column("dialect", sa.Text, nullable=False),
        sa.Column("users_revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("gallery_id", name="pk_collections"),
        sa.ForeignKeyConstraint(
            ["gallery_id"], ["galleries.gallery_id"], name="fk_collections_galleries", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "collection_tags",
        sa.Column("gallery_id", sa.String(32), nullable=False),
        sa.Column("tag_key", sa.Text, nullable=False),
        sa.Column("tag_value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("gallery_id", "tag_key", name="pk_collection_tags"),
        _of_collection("collection_tags"),
    )
    op.create_table(
        "collection_users",
        sa.Column("gallery_id", sa.String(32), nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("created_at", sa.String(25), nullable=False),
        sa.PrimaryKeyConstraint("gallery_id", "user_id", name="pk_collection_users"),
        _of_collection("collection_users"),
    )
    _create_faces()
    op.create_table(
        "answered_requests",
        sa.Column("gallery_id", sa.String(32), nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("request_sha256", sa.String(64), nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("answered_at", sa.String(25), nullable=False),
        sa.PrimaryKeyConstraint("gallery_id", "operation", "token", name="pk_answered_requests"),
        _of_collection("answered_requests"),
    )
    op.create_index("ix_answered_requests_answered_at", "answered_requests", ["answered_at"])
    _create_azure()


def _create_faces() -> None:
    op.create_table(
        "collection_faces",
        sa.Column("gallery_id", sa.String(32), nullable=False),
        sa.Column("face_id", sa.String(36), nullable=False),
        sa.Column("subject_id", sa.String(32), nullable=False),
        sa.Column("image_id", sa.String(36), nullable=False),
        sa.Column("image_sha256", sa.String(64), nullable=False),
        sa.Column("external_image_id", sa.Text, nullable=False),
        sa.Column("face_number", sa.Integer, nullable=False),
        sa.Column("box_left", sa.Float, nullable=False),
        sa.Column("box_top", sa.Float, nullable=False),
        sa.Column("box_width", sa.Float, nullable=False),
        sa.Column("box_height", sa.Float, nullable=False),
        sa.Column("detector_score", sa.Float, nullable=False),
        sa.Column("user_id", sa.Text),
        sa.PrimaryKeyConstraint("gallery_id", "face_id", name="pk_collection_faces"),
        _of_collection("collection_faces"),
        sa.ForeignKeyConstraint(
            ["gallery_id", "subject_id"],
            ["subjects.gallery_id", "subjects.subject_id"],
            name="fk_collection_faces_subjects",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint(
            "gallery_id", "image_sha256", "external_image_id", "face_number", name="uq_collection_faces_once"
        ),
    )
    op.create_index("ix_collection_faces_gallery_id_subject_id", "collection_faces", ["gallery_id", "subject_id"])
    op.create_index("ix_collection_faces_gallery_id_user_id", "collection_faces", ["gallery_id", "user_id"])


def _create_azure() -> None:
    op.create_table(
        "azure_containers",
        sa.Column("gallery_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("container_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("user_data", sa.Text),
        sa.Column("recognition_model", sa.Text, nullable=False),
        sa.Column("training_asked_at", sa.String(25)),
        sa.PrimaryKeyConstraint("gallery_id", name="pk_azure_containers"),
        _of_collection("azure_containers"),
        sa.UniqueConstraint("kind", "container_id", name="uq_azure_containers_id"),
    )
    op.create_table(
        "azure_persons",
        sa.Column("gallery_id", sa.String(32), nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("user_data", sa.Text),
        sa.PrimaryKeyConstraint("gallery_id", "user_id", name="pk_azure_persons"),
        sa.ForeignKeyConstraint(
            ["gallery_id", "user_id"],
            ["collection_users.gallery_id", "collection_users.user_id"],
            name="fk_azure_persons_collection_users",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "azure_faces",
        sa.Column("gallery_id", sa.String(32), nullable=False),
        sa.Column("face_id", sa.String(36), nullable=False),
        sa.Column("user_data", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("gallery_id", "face_id", name="pk_azure_faces"),
        sa.ForeignKeyConstraint(
            ["gallery_id", "face_id"],
            ["collection_faces.gallery_id", "collection_faces.face_id"],
            name="fk_azure_faces_collection_faces",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "temporary_faces",
        sa.Column("face_id", sa.String(36), nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("recognition_model", sa.Text, nullable=False),
        sa.Column("model_name", sa.Text, nullable=False),
        sa.Column("model_digest", sa.String(64), nullable=False),
        sa.Column("model_dimension", sa.Integer, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.Column("sealed_template", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.String(25), nullable=False),
        sa.PrimaryKeyConstraint("face_id", name="pk_temporary_faces"),
    )
    op.create_index("ix_temporary_faces_expires_at", "temporary_faces", ["expires_at"])


def _of_collection(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["gallery_id"], ["collections.gallery_id"], name=f"fk_{table}_collections", ondelete="CASCADE"
    )
