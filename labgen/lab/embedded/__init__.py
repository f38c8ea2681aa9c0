"""The embedded lab: real daemons in Linux namespaces under one supervisor."""
