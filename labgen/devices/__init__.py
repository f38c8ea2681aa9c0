"""One package per network operating system or daemon."""
