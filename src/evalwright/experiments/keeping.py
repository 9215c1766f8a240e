"""Where the verdicts of a run are kept and looked up."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from evalwright.domain.errors import InvalidInput
from evalwright.domain.evaluator import Evaluator, Outcome

if TYPE_CHECKING:
    from evalwright.storage.verdicts import VerdictCache

Place: TypeAlias = "bool | str | Path | MutableMapping[str, Outcome]"
"""True for the usual file, False for none, a file, or any mapping."""

OFF: Final = "off"
_LOG: Final = logging.getLogger("evalwright")


@contextmanager
def kept_verdicts(
    place: Place, *, tell: Callable[[str], object] = _LOG.warning
) -> Iterator[MutableMapping[str, Outcome] | None]:
    """Yields what keeps verdicts; None where nothing is to.

    The usual file is that of ``EVALWRIGHT_VERDICT_CACHE``, else ``.evalwright/verdicts.sqlite`` under the working
    directory. Where it cannot be used, nothing is kept, and ``tell`` says so: it is worth no run.

    Raises:
        InvalidInput: a file that was named cannot be used.
    """
    if isinstance(place, MutableMapping):
        yield place
        return
    found = _opened(place, tell)
    if found is None:
        yield None
        return
    with found as cache:
        yield cache
        if cache.faults:
            tell(f"{cache.faults} verdicts could not be kept or looked up in {str(cache.path)!r}: is it damaged?")


def _opened(place: bool | str | Path, tell: Callable[[str], object]) -> VerdictCache | None:
    from evalwright.providers.environment import verdict_cache
    from evalwright.storage.verdicts import DEFAULT, VerdictCache

    named = verdict_cache()
    if place is False or (place is True and named == OFF):
        return None
    if place is not True:
        return VerdictCache(place)
    try:
        # What has a name may be anything; only what is ours by its place may be put aside when it is damaged.
        return VerdictCache(named) if named else VerdictCache.at_hand(DEFAULT)
    except InvalidInput as error:
        tell(f"{error.message}: verdicts of this run are not kept")
        return None


def with_verdicts(evaluators: Sequence[Evaluator], cache: MutableMapping[str, Outcome] | None) -> list[Evaluator]:
    """Returns the evaluators, judges among them with this cache unless they have one; None: without any."""
    from evalwright.evaluators import Judge

    def one(evaluator: Evaluator) -> Evaluator:
        if not isinstance(evaluator, Judge):
            return evaluator
        return evaluator.uncached() if cache is None else evaluator.keeping(cache)

    return [one(each) for each in evaluators]
