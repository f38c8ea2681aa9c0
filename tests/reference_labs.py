"""Where recorded logs and configurations and published topologies are, that some tests are held to; they are no part of the project."""

from __future__ import annotations

import os
from pathlib import Path

REFERENCE = Path(os.environ.get("LABGEN_REFERENCE", Path(__file__).parents[2] / "shared" / "reference"))
