"""One record store a backend for the contracts of all its parts; each test has a project of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from postgres import running_postgres
from records import TestClock, make_record_store

from evalwright.storage.records import SqlRecordStore

_PROJECTS = itertools.count()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with running_postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], scope="session")
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlRecordStore]:
    folder = tmp_path_factory.mktemp("records")
    url = f"sqlite:///{folder}/records.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    opened = make_record_store(url, TestClock())
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def project() -> str:
    return f"project-{next(_PROJECTS)}"
