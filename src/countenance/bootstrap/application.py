"""Settings → the real engine, store, index and calibrations. The only module that knows every part.

Parts are built when first used: ``countenance gallery list`` loads no model and ``countenance detect`` opens no
database.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from countenance.bootstrap.calibration_files import CalibrationFiles, calibration_file_name
from countenance.core.errors import FileUnreadable, ModelUnknown, StorageUnavailable
from countenance.core.thresholds import Calibration
from countenance.settings import Settings, read_settings

if TYPE_CHECKING:
    from countenance.bootstrap.ledger import OpenLedger
    from countenance.engine.manifests import RecogniserManifest
    from countenance.engine.pipeline import FacePipeline
    from countenance.service.journal import LedgerJournal
    from countenance.service.ports import Engine, IndexBuilder
    from countenance.service.search import GallerySearch
    from countenance.storage.store import SqlGalleryStore

#: Records measured by the project, shipped with it; see ``calibrations/README.md``.
SHIPPED_CALIBRATIONS = Path(__file__).parent.parent / "calibrations"
SAMPLE_COHORT = Path(__file__).parent.parent / "sample_cohort"


def load_settings(**overrides: Any) -> Settings:
    """Return the settings of this process; keyword arguments are flags and win over file and environment."""
    return read_settings(os.environ, overrides=overrides)


class Application:
    """The parts of one running process, built on demand from its settings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def manifests(self) -> Mapping[str, RecogniserManifest]:
        """Return all known recognisers by name: built in, then added."""
        from countenance.engine.added_models import added_manifests
        from countenance.engine.manifests import BUILT_IN

        return {item.name: item for item in (*BUILT_IN, *added_manifests(self.settings.data_dir))}

    @property
    def manifest(self) -> RecogniserManifest:
        """Return the recogniser named in the settings.

        Raises:
            ModelUnknown: There is none of this name.
        """
        found = self.manifests.get(self.settings.model)
        if found is None:
            raise ModelUnknown(
                f"No model is called {self.settings.model!r}.",
                remedy=f"Known models: {', '.join(self.manifests)}. Add one with `countenance models add MANIFEST`.",
            )
        return found

    def engine(self, *, threads: int | None = None) -> FacePipeline:
        """Return a new engine; ``threads`` inside one inference overrides the setting (1 where photos run at once)."""
        from countenance.engine.detector import FaceDetector
        from countenance.engine.embedder import Embedder, OnnxEmbedder
        from countenance.engine.images import ImageLimits
        from countenance.engine.manifests import DETECTOR_FILE
        from countenance.engine.model_files import read_runnable
        from countenance.engine.pipeline import FacePipeline
        from countenance.engine.quality import QualityLimits
        from countenance.engine.sessions import ModelSession, RuntimeOptions

        options = RuntimeOptions(
            threads=self.settings.threads if threads is None else threads, provider=self.settings.provider
        )
        manifest = self.manifest
        embedder: Embedder
        if manifest.name == "dlib":
            from countenance.engine.dlib_embedder import DlibEmbedder

            embedder = DlibEmbedder()
        else:
            embedder = OnnxEmbedder(manifest, self.settings.cache_dir, options)
        return FacePipeline(
            FaceDetector(ModelSession(read_runnable(DETECTOR_FILE, self.settings.cache_dir), options)),
            embedder,
            image_limits=ImageLimits(self.settings.max_image_bytes, self.settings.max_image_pixels),
            quality_limits=QualityLimits(),
        )

    @cached_property
    def interactive_engine(self) -> FacePipeline:
        """Return the engine for one photo at a time: all cores on one inference."""
        return self.engine()

    @contextmanager
    def store(self) -> Iterator[SqlGalleryStore]:
        """Yield the open store and close it afterwards.

        Raises:
            StorageUnavailable: The data folder or database cannot be opened.
        """
        from countenance.storage.store import open_store

        try:
            self.settings.data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageUnavailable(
                f"The folder {self.settings.data_dir} cannot be made: {error.strerror}."
            ) from error
        store = open_store(self.settings.database, self.settings.master_key_file, lambda: datetime.now(UTC))
        try:
            yield store
        finally:
            store.close()

    def ledger(self, store: SqlGalleryStore) -> OpenLedger:
        """Return the ledger of an open store, for reading, verifying and exporting, whatever state it is in."""
        from countenance.bootstrap.ledger import open_ledger

        return open_ledger(store, self.settings)

    def journal(self, store: SqlGalleryStore) -> LedgerJournal:
        """Return the ledger of an open store, ready for writing.

        The first call for a store starts the ledger if there is none and records the acts that died in the middle.

        Raises:
            LedgerError: The signing key is missing, or the database does not continue what this machine remembers.
        """
        return self.ledger(store).started()

    def gallery_search(self, store: SqlGalleryStore, *, engine: Engine | None = None) -> GallerySearch:
        """Return the search over an open store."""
        from countenance.service.search import GallerySearch

        return GallerySearch(
            engine=engine or self.interactive_engine,
            store=store,
            build_index=index_builder(),
            calibrations=self.calibrations,
        )

    @cached_property
    def calibrations(self) -> CalibrationFiles:
        """Return the records shipped with the package and those the operator made."""
        return CalibrationFiles((SHIPPED_CALIBRATIONS, self.settings.data_dir / "calibrations"))

    def keep_calibration(self, calibration: Calibration, path: Path | None = None) -> Path:
        """Write a calibration record, to the data folder unless told otherwise, and return where it lies."""
        from countenance.audit.calibration_record import calibration_to_json

        target = path or self.settings.data_dir / "calibrations" / calibration_file_name(calibration.model)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(target.name + ".part")
            part.write_text(calibration_to_json(calibration), encoding="utf-8")
            part.replace(target)
        except OSError as error:
            raise FileUnreadable(f"{target} cannot be written: {(error.strerror or '').lower()}.") from error
        return target

    @property
    def workers(self) -> int:
        """Return how many photos to process at once: one a core."""
        from countenance.engine.sessions import cores

        return cores()


def index_builder() -> IndexBuilder:
    """Return how indexes are built here: with the smaller copy, which halves search time for half as much memory again.

    Answers are the same with and without it; see docs/decisions/0002-exact-search.md.
    """
    from countenance.gallery.index import build_index

    return functools.partial(build_index, smaller_copy=True)
