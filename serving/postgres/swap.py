"""The moment of a publish: all views point at the next generation, in one transaction that waits for no reader long."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from serving.postgres.server import PostgresError, Server, relation
from serving.postgres.tables import Table
from serving.sql import literal, quoted

# Shorter than PostgreSQL's deadlock_timeout (1 s): a reader that holds one view and wants the next never waits until one of us
# is shot. Whoever queued behind us meanwhile waited half a second.
LOCK_MILLISECONDS = 500
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
PATIENCE_SECONDS = 900.0
TIMED_OUT = {"57014", "55P03", "40P01"}

OnWait = Callable[[str], None]
View = tuple[str, str]
# Name, type and collation: what `create or replace view` may only add to.
Shape = list[tuple[str, str, int]]


def swap(server: Server, tables: Sequence[Table], fresh: str, shown: str | None, on_wait: OnWait | None) -> dict[str, float]:
    """Show a generation: create or replace a view per table, drop those that are published no more.

    A view that is replaced keeps what it is to others: its grants, its dependent views, its comments. One whose columns
    changed other than by more at the end is made anew with the same grants, but for those on columns that it has no more.

    Returns:
        seconds by step: ``wait`` for readers, ``swap`` with readers held off.

    Raises:
        PostgresError: readers did not let go in time, or something of theirs depends on what has to go.
    """
    before = published_views(server, shown) if shown else {}
    wanted = {(table.schema, table.name) for table in tables}
    after = stored_shapes(server, fresh)
    gone = sorted(before.keys() - wanted)
    reshaped = sorted(view for view in before.keys() & wanted if after[view][: len(before[view])] != before[view])
    require_no_dependents(server, gone, "is published no more")
    require_no_dependents(server, reshaped, "has other columns now")
    schemas = {row[0] for row in server.rows("select nspname from pg_namespace")}
    statements = [
        f"create schema {quoted(schema)}" for schema in dict.fromkeys(table.schema for table in tables) if schema not in schemas
    ]
    statements += [f"drop view {relation(*view)}" for view in (*gone, *reshaped)]
    statements += [table.view_creation(fresh) for table in tables]
    statements += [grant for view in reshaped for grant in grants(server, view, {column for column, _, _ in after[view]})]
    statements += comments(server, tables, {view for view in before if view not in reshaped})
    server.commit()
    wait = wait_for_readers(server, sorted(before), on_wait)
    began = time.monotonic()
    server.execute_all(statements, "showing the new generation")
    server.commit()
    return {"wait": wait, "swap": time.monotonic() - began}


def wait_for_readers(server: Server, views: Sequence[View], on_wait: OnWait | None) -> float:
    """Lock all views at once, so that no transaction that has read one of them is still under way; seconds that took.

    Raises:
        PostgresError: somebody held them all the time.
    """
    if not views:
        return 0.0
    began = time.monotonic()
    pause, told = FIRST_PAUSE_SECONDS, False
    lock = f"lock table {', '.join(relation(*view) for view in views)} in access exclusive mode"
    while True:
        try:
            server.execute(f"set local statement_timeout = {LOCK_MILLISECONDS}")
            server.execute(lock, "waiting for readers")
            server.execute("set local statement_timeout = 0")
            return time.monotonic() - began
        except PostgresError as error:
            server.rollback()
            if error.sqlstate not in TIMED_OUT:
                raise
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise PostgresError(
                f"Readers held the tables for {PATIENCE_SECONDS / 60:.0f} minutes ({holders(server, views)}): end their "
                "transactions (select pg_terminate_backend(pid)), or publish when there are none."
            )
        if on_wait and not told:
            on_wait(f"Waiting for readers to finish: {holders(server, views)}")
        told = True
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)


def holders(server: Server, views: Sequence[View]) -> str:
    """Who reads these views now, by process id and program."""
    names = ", ".join(literal(relation(*view)) for view in views)
    rows = server.rows(
        f"""
        select distinct pg_locks.pid, coalesce(nullif(application_name, ''), 'unnamed')
        from pg_locks
        left join pg_stat_activity using (pid)
        where relation = any(array[{names}]::regclass[]) and granted and pg_locks.pid <> pg_backend_pid()
        """
    )
    server.rollback()
    return ", ".join(f"process {pid}, {program}" for pid, program in rows) or "nobody any more"


def published_views(server: Server, schema: str) -> dict[View, Shape]:
    """Views that show a generation, by (schema, name), with their columns."""
    return shapes(
        server,
        """
        select pg_class.oid, split_part(stored.relname, '.', 1), pg_class.relname
        from pg_class as stored
        inner join pg_namespace as data on data.oid = stored.relnamespace and data.nspname = $1
        inner join pg_namespace on pg_namespace.nspname = split_part(stored.relname, '.', 1)
        inner join pg_class
            on pg_class.relnamespace = pg_namespace.oid and pg_class.relkind = 'v'
            and stored.relname = pg_namespace.nspname || '.' || pg_class.relname
        where stored.relkind = 'r'
        """,
        schema,
    )


def stored_shapes(server: Server, schema: str) -> dict[View, Shape]:
    """Columns of the tables of a generation, by the (schema, name) of the view that shows or will show them."""
    return shapes(
        server,
        """
        select pg_class.oid, split_part(relname, '.', 1), substr(relname, strpos(relname, '.') + 1)
        from pg_class
        inner join pg_namespace on pg_namespace.oid = relnamespace and nspname = $1
        where relkind = 'r'
        """,
        schema,
    )


def shapes(server: Server, relations: str, schema: str) -> dict[View, Shape]:
    """Columns by (schema, name) of what a query selects as (oid, schema, name)."""
    rows = server.rows(
        f"""
        select found.schema, found.name, attname, format_type(atttypid, atttypmod), attcollation::bigint
        from ({relations}) as found (oid, schema, name)
        inner join pg_attribute on attrelid = found.oid and attnum > 0 and not attisdropped
        order by found.schema, found.name, attnum
        """,
        [schema],
    )
    columns: dict[View, Shape] = {}
    for owner, name, column, kind, collation in rows:
        columns.setdefault((owner, name), []).append((column, kind, collation))
    return columns


def require_no_dependents(server: Server, views: Sequence[View], reason: str) -> None:
    """Refuse to drop a view that a view of somebody else reads.

    Raises:
        PostgresError: names both.
    """
    if not views:
        return
    names = ", ".join(literal(relation(*view)) for view in views)
    rows = server.rows(
        f"""
        select distinct refobjid::regclass::text, ev_class::regclass::text
        from pg_depend
        inner join pg_rewrite on pg_rewrite.oid = objid
        where
            classid = 'pg_rewrite'::regclass and refclassid = 'pg_class'::regclass
            and refobjid = any(array[{names}]::regclass[]) and ev_class <> refobjid
        order by 1, 2
        """
    )
    if rows:
        listed = "; ".join(f"{view} {reason}, and {dependent} reads it" for view, dependent in rows)
        raise PostgresError(f"Not published: {listed}. Drop what reads it (keep its definition), publish, and make it again.")


def grants(server: Server, view: View, columns: set[str]) -> list[str]:
    """Statements that give a view's privileges, on the whole and on these columns of it, to whom they belong now."""
    rows = server.rows(
        """
        select privilege_type, case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end, is_grantable, null
        from pg_class cross join lateral aclexplode(relacl)
        where pg_class.oid = $1::regclass and grantee <> relowner
        union all
        select privilege_type, case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end, is_grantable, attname
        from pg_attribute cross join lateral aclexplode(attacl)
        where attrelid = $1::regclass
        """,
        [relation(*view)],
    )
    target = relation(*view)
    return [
        f"grant {privilege}{f' ({quoted(column)})' if column else ''} on {target} to {grantee}{' with grant option' if again else ''}"
        for privilege, grantee, again, column in rows
        if column is None or column in columns
    ]


def comments(server: Server, tables: Sequence[Table], kept: set[View]) -> list[str]:
    """Statements for the comments that are not there yet; those of a kept view outlive its replacement."""
    present = present_comments(server, kept)
    wanted = {target: text for table in tables for target, text in table.comments().items()}
    return [f"comment on {target} is {literal(text)}" for target, text in wanted.items() if present.get(target) != text]


def present_comments(server: Server, views: set[View]) -> Mapping[str, str]:
    """Comments by target of ``comment on``, of these views and their columns."""
    if not views:
        return {}
    names = ", ".join(literal(relation(*view)) for view in sorted(views))
    rows = server.rows(
        f"""
        select nspname, relname, attname, description
        from pg_description
        inner join pg_class on pg_class.oid = objoid
        inner join pg_namespace on pg_namespace.oid = relnamespace
        left join pg_attribute on attrelid = objoid and attnum = objsubid and objsubid > 0
        where classoid = 'pg_class'::regclass and objoid = any(array[{names}]::regclass[])
        """
    )
    return {
        f"column {relation(schema, name)}.{quoted(column)}" if column else f"view {relation(schema, name)}": text
        for schema, name, column, text in rows
    }
