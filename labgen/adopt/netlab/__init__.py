"""netlab topologies as specs: what netlab would build, as far as a spec can say it, and a list of what it cannot."""
