"""A nightly ETL as a schedule: each night's tick loads the day before, also after nights that were missed."""
