"""Makes oslo.db's SQLite engines fit for concurrent requests."""

from typing import Any

import sqlalchemy
from sqlalchemy import event, pool
from sqlalchemy.engine import Engine

PRAGMAS = ("journal_mode=WAL", "synchronous=OFF", "busy_timeout=60000", "cache_size=-8000")
"""WAL: readers never wait for the writer, nor it for them. Nothing is synced: a lab need not survive a power cut."""


def tune() -> None:
    """Change the engines that are created from now on.

    As oslo.db sets SQLite up, every session opens the file anew and parses the whole schema, and most concurrent
    requests fail with "database is locked". Here connections are pooled, and a transaction takes the write lock at its
    first statement that changes something, waiting for it if need be. Reads before that are outside the transaction,
    so no transaction ever upgrades a stale snapshot, which SQLite refuses at once. The price: races between API calls
    are not what they are on a real database.
    """
    create = sqlalchemy.create_engine

    def create_engine(url: Any, **options: Any) -> Engine:
        url = sqlalchemy.engine.make_url(url)
        if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
            return create(url, **options)
        options.update(poolclass=pool.QueuePool, pool_size=30, max_overflow=200, pool_use_lifo=True)
        options.pop("pool_pre_ping", None)
        # preparing the services' wide joins costs SQLite more than running them
        options.setdefault("connect_args", {}).update(check_same_thread=False, cached_statements=4000)
        engine = create(url, **options)
        _listen(engine)
        return engine

    sqlalchemy.create_engine = create_engine


def _listen(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # oslo.db's own listener, which comes after this one, then does nothing
        connection.info["in_transaction"] = True
        connection.connection.dbapi_connection.isolation_level = "IMMEDIATE"

    @event.listens_for(engine, "savepoint")
    def savepoint(connection: Any, _name: str) -> None:
        raw = connection.connection.dbapi_connection
        if not raw.in_transaction:
            raw.execute("BEGIN IMMEDIATE")
