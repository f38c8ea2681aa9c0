"""ACME's relay for labgen."""
