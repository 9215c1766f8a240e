"""Settings, with errors for people."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evalwright.domain.errors import InvalidInput
from evalwright.settings import CONFIG_FILE_VARIABLE, Settings


def read_settings(**given: Any) -> Settings:
    """Returns the settings in force; arguments win over the environment, that over the file.

    Raises:
        InvalidInput: a setting that does not exist or cannot have that value, a file that is not TOML, or a file that
            was asked for and cannot be read. Values are left out: they may be secret.
    """
    named = os.environ.get(CONFIG_FILE_VARIABLE)
    if named and not Path(named).is_file():
        raise InvalidInput(
            f"the settings file {named!r} does not exist", hint=f"{CONFIG_FILE_VARIABLE} names it; mend or unset it"
        )
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"setting {name!r}: {first['msg'].lower()}", hint="see docs/reference/settings.md") from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"the settings file is not TOML: {error}") from None
    except OSError as error:
        raise InvalidInput(f"the settings file cannot be read: {error.strerror}") from None
