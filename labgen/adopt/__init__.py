"""Networks that labgen did not make: topologies of other tools, intents, running configurations."""
