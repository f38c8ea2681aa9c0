"""The checks that come with labgen. Every module here holds a catalogue named `check`."""
