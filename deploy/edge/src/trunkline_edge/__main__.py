"""`python -m trunkline_edge`."""

from trunkline_edge.cli import main

raise SystemExit(main())
