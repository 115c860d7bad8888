"""The list of attacks belongs to the corpora: without them there is nothing to collect."""

from __future__ import annotations

import os

collect_ignore = [] if os.environ.get("CLAWDBOT_CORPORA") else ["test_corpus.py"]
