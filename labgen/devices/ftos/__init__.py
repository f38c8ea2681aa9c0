"""Dell FTOS and OS9 switches."""
