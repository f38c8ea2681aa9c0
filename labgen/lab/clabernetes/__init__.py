"""Labs on Kubernetes, by clabernetes: each node in a container, in the Docker engine of a launcher pod of its own."""
