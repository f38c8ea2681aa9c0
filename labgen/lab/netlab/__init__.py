"""Labs run by netlab."""
