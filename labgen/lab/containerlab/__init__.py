"""Labs run by containerlab."""
