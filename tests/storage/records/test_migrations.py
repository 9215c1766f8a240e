"""The migrations and the tables the code works with are one schema."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from postgres import running_postgres
from records import make_record_store

from evalwright.domain.errors import StoreUnavailable
from evalwright.storage.records import migrate
from evalwright.storage.records.tables import metadata


def differences(engine: sa.Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))


def test_a_migrated_sqlite_file_has_exactly_the_tables_of_the_code(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/records.db"
    store = make_record_store(url)
    store.open()
    store.close()
    engine = sa.create_engine(url)
    assert differences(engine) == []
    engine.dispose()


@pytest.mark.postgres
def test_a_migrated_postgresql_has_exactly_the_tables_of_the_code() -> None:
    with running_postgres() as url:
        store = make_record_store(url)
        store.open()
        store.close()
        engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
        assert differences(engine) == []
        engine.dispose()


def test_the_program_works_with_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [migrate.HEAD]


def test_opening_again_keeps_what_is_there(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/records.db"
    first = make_record_store(url)
    first.open()
    made = first.create_dataset("p", "golden")
    first.close()
    second = make_record_store(url)
    second.open()
    assert second.find_dataset("p", "golden") == made
    second.close()


def test_a_schema_of_a_newer_program_is_refused_with_advice(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/records.db"
    store = make_record_store(url)
    store.open()
    store.close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreUnavailable, match="'9999'") as caught:
        store.open()
    assert "upgrade evalwright" in caught.value.hint
    store.close()


def test_two_programs_that_open_a_new_store_at_once_both_succeed(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    url = f"sqlite:///{tmp_path}/records.db"
    stores = [make_record_store(url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda store: store.open(), stores))
    assert [store.list_keys() for store in stores] == [[]] * 4
    for store in stores:
        store.close()
