"""Whether to test what `make test` has no time for; `make longer` says so."""

import os

LONGER = bool(os.environ.get("LONGER"))
