"""A scripted OpenAI-compatible server and builders of traces, for our tests, the demo and users' tests."""

from __future__ import annotations

from evalwright.testing.call import Call
from evalwright.testing.reply import Reply, Script, ToolCall
from evalwright.testing.server import ScriptedServer

__all__ = ["Call", "Reply", "Script", "ScriptedServer", "ToolCall"]
