"""PostgreSQL: the pool, the queries, the migrations, and one server to start where none is given."""
