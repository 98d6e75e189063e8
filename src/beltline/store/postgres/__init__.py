"""The PostgreSQL store: asyncpg, hand-written SQL (one statement a file in `sql`), numbered migrations.

Only `store.open` imports it. It keeps the contract of `store.contract`; what stands there is not repeated.
"""
