"""FRR on Linux."""
