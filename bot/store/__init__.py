"""What must last: SQLAlchemy models, queries and Alembic migrations, on SQLite and PostgreSQL."""
