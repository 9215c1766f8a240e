"""Settings, with errors for people."""

from __future__ import annotations

import tomllib
from typing import Any

from pydantic import ValidationError

from evalwright.domain.errors import InvalidInput
from evalwright.settings import Settings


def read_settings(**given: Any) -> Settings:
    """Returns the settings in force; arguments win over the environment, that over the file.

    Raises:
        InvalidInput: a setting that does not exist or cannot have that value, or a file that is not TOML. Values are
            left out: they may be secret.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"setting {name!r}: {first['msg'].lower()}", hint="see docs/reference/settings.md") from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"the settings file is not TOML: {error}") from None
