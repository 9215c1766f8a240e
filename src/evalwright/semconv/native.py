"""Evalwright's own keys: what a sender may set to overrule every other convention."""

from __future__ import annotations

from typing import Final

from evalwright.domain.span import SpanKind
from evalwright.semconv.rules import Convention, Tier, rules
from evalwright.semconv.values import mapped, text, words

_KINDS: Final = {kind.value.lower(): kind for kind in SpanKind}

_RULES: Final = (
    *rules("own_kind", mapped(_KINDS), Tier.EXPLICIT, "evalwright.kind"),
    *rules("session_id", text, Tier.EXPLICIT, "evalwright.session.id"),
    *rules("user_id", text, Tier.EXPLICIT, "evalwright.user.id"),
    *rules("tags", words, Tier.EXPLICIT, "evalwright.tags"),
    *rules("agent_name", text, Tier.EXPLICIT, "evalwright.agent.name"),
    *rules("prompt_name", text, Tier.EXPLICIT, "evalwright.prompt.name"),
    *rules("prompt_version", text, Tier.EXPLICIT, "evalwright.prompt.version"),
    *rules("environment", text, Tier.EXPLICIT, "evalwright.environment"),
    *rules("release", text, Tier.EXPLICIT, "evalwright.release"),
)

NATIVE: Final = Convention(name="evalwright", rules=_RULES, scopes=("evalwright",))
