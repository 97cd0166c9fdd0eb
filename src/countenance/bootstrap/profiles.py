"""The profile in the data folder: what the person at this installation has written down about themselves."""

from __future__ import annotations

from countenance.bootstrap.application import Application
from countenance.core.errors import FileUnreadable
from countenance.service.standing import Profile, parse_profile

#: Name of the profile's file in the data folder.
PROFILE_FILE = "standing.toml"


def read_profile(app: Application) -> Profile:
    """Return the profile in the data folder; an empty one if there is none.

    Raises:
        FileUnreadable: It is there and cannot be read.
        InputError: It holds something it may not.
    """
    path = app.settings.data_dir / PROFILE_FILE
    try:
        return parse_profile(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Profile()
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadable(f"{path} cannot be read as text.") from error
