"""ISC Kea."""
