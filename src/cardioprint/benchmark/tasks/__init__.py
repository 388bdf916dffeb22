"""The tasks of the benchmark, one short file each; `catalogue.TASKS` lists them."""
