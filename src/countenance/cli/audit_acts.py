"""An audit's reading of faces goes through the one way in: decided on, recorded, done, recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from countenance.bootstrap.accountability import accountable
from countenance.bootstrap.application import Application, load_settings
from countenance.core.errors import ModelUnavailable
from countenance.service import acts
from countenance.service.admission import AdmittedEngine, Outcome
from countenance.service.ports import Engine

T = TypeVar("T")

#: The second built-in recogniser, shown beside the audited one where it is installed.
SECOND = "dlib"


def audited(app: Application, run: Callable[[Engine], T]) -> T:
    """Do a part of an audit that reads faces, as an act of measuring, and return its result.

    Args:
        app: The process.
        run: Does it with the engine it is handed.

    Raises:
        PolicyDenied: The rules refuse it.
    """
    with accountable(app, interface="cli") as parts:
        standing = parts.standing({"purpose": "accuracy_evaluation"})
        engine = parts.many_photos_engine
        jobs = parts.jobs(standing, engine=engine)
        return jobs.measure(
            acts.AUDIT, lambda act: run(AdmittedEngine(act, engine)), lambda _: Outcome("measured", {})
        ).value


def second_engine(app: Application) -> Engine | None:
    """Return the second built-in recogniser, or None if it is not installed or is the one in use."""
    if app.manifest.name == SECOND:
        return None
    other = Application(load_settings(model=SECOND, data_dir=app.settings.data_dir, database_url="", key_file=""))
    try:
        return other.engine(threads=1)
    except ModelUnavailable:
        return None
