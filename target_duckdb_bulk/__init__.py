"""A Singer target for DuckDB: batches are read by DuckDB itself, and are whole or not there."""
