"""PostgreSQL: the pool, the queries, the migrations, and a server where none is given."""
