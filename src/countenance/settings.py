"""How the service runs: defaults < file < environment < flags, read once into one frozen record.

Settings never say what is allowed (that is policy) and hold no threshold (those are calibration records). This is the
only module that reads the environment. An unknown or misspelt setting is an error, not silence.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from countenance.core.errors import SettingsInvalid

ENVIRONMENT_PREFIX = "COUNTENANCE_"
#: Larger than a face of any photo that comparing two of them gains from; beyond it, a photo would be stored after all.
LARGEST_PICTURE_PX = 600
_LEAST = {
    "max_image_bytes": 1,
    "max_image_pixels": 1,
    "threads": 0,
    "case_list_timeout_s": 1,
    "reference_picture_px": 0,
    "review_due_hours": 1,
    "session_idle_minutes": 1,
    "session_hours": 1,
    "fetch_timeout_s": 1,
    "azure_least_image_bytes": 1,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. Paths are absolute.

    Attributes:
        data_dir: Where the database, keys, added models and calibrations lie.
        cache_dir: Where float32 model files are kept; may be deleted at any time.
        database_url: SQLAlchemy URL; empty means an SQLite file in ``data_dir``.
        key_file: Master key of the sealed templates; empty means ``data_dir/master.key``.
        model: Name of the recogniser.
        max_image_bytes: Largest encoded photo accepted.
        max_image_pixels: Most pixels accepted, width times height.
        threads: Threads inside one inference; 0 means one a core.
        provider: ONNX Runtime execution provider.
        case_list: The organisation's list of cases: a CSV file, or an address with ``{number}``; empty: none.
        case_list_timeout_s: Seconds to wait for that address.
        case_list_token_file: File with the token to send to that address; empty: none.
        reference_picture_px: Side of the sealed picture kept with each reference, for reviewers; 0 keeps none.
        review_due_hours: Hours after which a review counts as late.
        session_idle_minutes: Minutes without use after which somebody has to sign in to the console again.
        session_hours: Hours after which they have to in any case.
        enrolment_folders: Folders of this machine that jobs may enrol from, parted as in PATH; empty: none.
        fetch_allow: Hosts that photos may be fetched from by address; empty: nothing is fetched.
        fetch_timeout_s: Seconds for fetching one photo.
        s3_folder: Folder that stands for S3, a bucket being a folder in it; empty: none.
        s3_endpoint: Address of an S3-compatible store; empty: none.
        s3_region: Region that requests to it are signed for; empty: that of boto3's own configuration.
        s3_credentials_file: Shared credentials file in AWS's format; empty: boto3's own chain.
        azure_least_image_bytes: Smallest picture that Azure Face's clients may send.
    """

    data_dir: Path
    cache_dir: Path
    database_url: str = ""
    key_file: str = ""
    model: str = "sface"
    max_image_bytes: int = 50_000_000
    max_image_pixels: int = 100_000_000
    threads: int = 0
    provider: str = "CPUExecutionProvider"
    ledger_origin: str = ""
    case_list: str = ""
    case_list_timeout_s: int = 5
    case_list_token_file: str = ""
    reference_picture_px: int = 200
    review_due_hours: int = 24
    session_idle_minutes: int = 30
    session_hours: int = 12
    enrolment_folders: str = ""
    fetch_allow: str = ""
    fetch_timeout_s: int = 10
    s3_folder: str = ""
    s3_endpoint: str = ""
    s3_region: str = ""
    s3_credentials_file: str = ""
    azure_least_image_bytes: int = 1_024

    @property
    def database(self) -> str:
        """Return the database URL in use."""
        return self.database_url or f"sqlite:///{self.data_dir / 'countenance.db'}"

    @property
    def master_key_file(self) -> Path:
        """Return the path of the master key in use."""
        return Path(self.key_file).expanduser().resolve() if self.key_file else self.data_dir / "master.key"


def read_settings(environment: Mapping[str, str], *, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Return the settings from defaults, ``countenance.toml``, environment and flags; later ones win.

    The file is ``$COUNTENANCE_CONFIG`` if set, else ``countenance.toml`` in the data folder if it exists.

    Raises:
        SettingsInvalid: Unknown name, wrong type, or out of range.
    """
    given = dict(overrides or {})
    from_environment = {
        name.removeprefix(ENVIRONMENT_PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(ENVIRONMENT_PREFIX)
    }
    config = from_environment.pop("config", None)
    values: dict[str, Any] = {
        "data_dir": platformdirs.user_data_path("countenance"),
        "cache_dir": platformdirs.user_cache_path("countenance"),
    }
    data_dir = Path(given.get("data_dir") or from_environment.get("data_dir") or values["data_dir"]).expanduser()
    file = Path(config).expanduser() if config is not None else data_dir / "countenance.toml"
    if config is not None or file.is_file():
        values |= _checked(_read_file(file), str(file))
    values |= _checked(from_environment, "the environment")
    values |= _checked({name: value for name, value in given.items() if value is not None}, "the command line")
    return _in_range(Settings(**values))


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsInvalid(f"The settings file {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsInvalid(f"The settings file {path} is not TOML: {error}.") from error


def _checked(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    kinds = {field.name: str(field.type) for field in dataclasses.fields(Settings)}
    checked: dict[str, Any] = {}
    for name, value in values.items():
        if name not in kinds:
            raise SettingsInvalid(f"Unknown setting {name!r} in {where}.", remedy=f"Settings are: {', '.join(kinds)}.")
        checked[name] = _typed(name, value, kinds[name], where)
    return checked


def _typed(name: str, value: Any, kind: str, where: str) -> Any:
    if kind == "Path" and isinstance(value, str | Path) and str(value):
        return Path(value).expanduser().resolve()
    if kind == "int" and isinstance(value, int | str) and not isinstance(value, bool):
        try:
            return int(value)
        except ValueError:
            pass
    if kind == "str" and isinstance(value, str):
        return value
    raise SettingsInvalid(f"The setting {name} in {where} is not a valid {kind.lower()}: {value!r}.")


def _in_range(settings: Settings) -> Settings:
    for name, least in _LEAST.items():
        if getattr(settings, name) < least:
            raise SettingsInvalid(f"The setting {name} is at least {least}.")
    if settings.reference_picture_px > LARGEST_PICTURE_PX:
        raise SettingsInvalid(f"The setting reference_picture_px is at most {LARGEST_PICTURE_PX}.")
    return settings
