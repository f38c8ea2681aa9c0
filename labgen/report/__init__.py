"""Console, JSON, JUnit and HTML output of a verdict, and the pieces other pages are built of.

`exchange_svg(exchange)` draws an exchange as one `<svg>` element. A page with several draws each with `style=False` and
has `stylesheet()` once.
"""

from __future__ import annotations

from labgen.report.sequence import exchange_svg, ladder_svg, stylesheet

__all__ = ["exchange_svg", "ladder_svg", "stylesheet"]
