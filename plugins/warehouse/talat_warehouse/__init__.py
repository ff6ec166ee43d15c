"""Singer targets for DuckDB and BigQuery that lose nothing."""
