"""The commands as a user meets them: names, arguments, options, help. Their work is done by the module of the same name in `labgen.cli`."""
