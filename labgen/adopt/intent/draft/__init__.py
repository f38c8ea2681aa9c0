"""Drafts of intents: what can be told of a network from what there is of it, for a person to complete."""
