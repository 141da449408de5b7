"""A Singer target for DuckDB: DuckDB itself reads the batches, and each is stored whole or not at all."""
