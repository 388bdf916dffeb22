"""Public data: where it is, under which licence, whose it is."""
