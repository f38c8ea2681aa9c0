"""A running lab, live: what is observed, on a terminal and as a local web page."""
