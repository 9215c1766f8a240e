"""Records: API keys, evaluators, datasets, experiments, in SQLite or PostgreSQL."""

from evalwright.storage.records.store import SqlRecordStore

__all__ = ["SqlRecordStore"]
