"""Every setting of the server, from ``evalwright.toml`` and ``EVALWRIGHT_*`` in the environment.

The environment wins over the file, arguments win over both. docs/reference/settings.md describes each for people.
"""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

CONFIG_FILE_VARIABLE = "EVALWRIGHT_CONFIG"
DEFAULT_CONFIG_FILE = "evalwright.toml"


def default_data() -> Path:
    """Returns the platform's folder for user data."""
    return Path(platformdirs.user_data_dir("evalwright", appauthor=False))


class Limits(BaseModel):
    """Bounds that keep one request, or one flood of them, from taking the server down."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_body_bytes: int = Field(default=64 * 2**20, ge=1024, description="largest body, after decompression")
    max_queued_bytes: int = Field(default=256 * 2**20, ge=2**20, description="telemetry in memory before 503")
    max_spool_bytes: int = Field(default=2 * 2**30, ge=0, description="telemetry on disk while the store is away")
    max_group_spans: int = Field(default=10_000, ge=1, description="spans stored and fsynced as one group")
    max_sql_rows: int = Field(default=10_000, ge=1, le=100_000, description="rows a SQL query may return")
    sql_timeout_s: float = Field(default=10.0, gt=0, le=600, description="seconds a SQL query may run")
    idempotency_entries: int = Field(default=10_000, ge=0, description="answers remembered for Idempotency-Key")
    worker_threads: int = Field(default=40, ge=1, le=1000, description="requests that may wait on stores at once")
    shutdown_s: float = Field(default=30.0, ge=0, description="seconds open requests may take on SIGTERM")


class Settings(BaseSettings):
    """What ``evalwright serve`` runs with."""

    model_config = SettingsConfigDict(
        env_prefix="EVALWRIGHT_", env_nested_delimiter="__", extra="forbid", frozen=True, validate_default=True
    )

    host: str = Field(default="127.0.0.1", description="address to listen on; anything but loopback requires API keys")
    port: int = Field(default=4318, ge=0, le=65535, description="UI, API and OTLP/HTTP; 0 picks a free port")
    grpc_port: int = Field(default=4317, ge=-1, le=65535, description="OTLP/gRPC; 0 picks a free port, -1 is off")
    data: Path = Field(default_factory=default_data, description="folder of the stores, the spool and the key pepper")
    spans_url: SecretStr = Field(
        default=SecretStr(""), description="chdb:///path or clickhouse://...; empty: chDB in `data`"
    )
    records_url: SecretStr = Field(default=SecretStr(""), description="SQLAlchemy URL; empty: SQLite in `data`")
    allowed_hosts: tuple[str, ...] = Field(default=(), description="host names answered to, beside loopback names")
    allowed_origins: tuple[str, ...] = Field(default=(), description="web origins that may call, beside its own")
    require_auth: bool = Field(default=False, description="ask for a key on loopback too")
    key_pepper: SecretStr = Field(default=SecretStr(""), description="secret keys are hashed under; empty: a file")
    default_project: str = Field(default="default", min_length=1, max_length=200, description="where none is named")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="least severe logged")
    openai_base_url: str = Field(default="", description="OpenAI-compatible endpoint that judges run on")
    openai_api_key: SecretStr = Field(default=SecretStr(""), description="key of that endpoint")
    limits: Limits = Field(default_factory=Limits, description="bounds; see Limits")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - named by the base class
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - named by the base class
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Reads arguments, then the environment, then the file named by ``EVALWRIGHT_CONFIG`` (./evalwright.toml)."""
        file = Path(os.environ.get(CONFIG_FILE_VARIABLE) or DEFAULT_CONFIG_FILE)
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)

    @property
    def is_loopback(self) -> bool:
        """True when only this machine can reach the server."""
        return is_loopback(self.host)

    @property
    def span_store_url(self) -> str:
        """The span store in force; may hold a password."""
        return self.spans_url.get_secret_value() or f"chdb://{self.data.absolute() / 'spans'}"

    @property
    def record_store_url(self) -> str:
        """The record store in force; may hold a password."""
        return self.records_url.get_secret_value() or f"sqlite:///{self.data.absolute() / 'records.sqlite'}"


def is_loopback(host: str) -> bool:
    """True for ``localhost`` and loopback addresses; a name that would need a lookup is not."""
    name = host.strip("[]").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
