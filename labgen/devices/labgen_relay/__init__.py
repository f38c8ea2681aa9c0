"""labgen-relay, the reference relay agent of this project."""
