"""Console, JSON, JUnit and HTML output of a verdict."""
