"""User code named on the command line."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evalwright.domain.errors import InvalidInput


def load_function(reference: str) -> Callable[..., Any]:
    """Returns the function named ``file.py:function`` or ``package.module:function``; runs the module's top level.

    Raises:
        InvalidInput: no such file, module or function.
    """
    where, _, name = reference.rpartition(":")
    if not where or not name:
        raise InvalidInput(f"{reference!r} does not name a function", hint="write file.py:function")
    try:
        module = _load_file(Path(where)) if where.endswith(".py") else importlib.import_module(where)
    except ImportError as error:
        raise InvalidInput(f"cannot import {where!r}: {error}") from error
    function = getattr(module, name, None)
    if not callable(function):
        known = [key for key, value in vars(module).items() if inspect.isfunction(value) and not key.startswith("_")]
        raise InvalidInput(f"{where!r} has no function {name!r}", hint=f"it has: {', '.join(known) or 'none'}")
    return function  # type: ignore[no-any-return]


def _load_file(path: Path) -> Any:
    if not path.is_file():
        raise InvalidInput(f"no file {str(path)!r}")
    name = f"evalwright_user_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InvalidInput(f"cannot load {str(path)!r} as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.resolve().parent))
    return module
