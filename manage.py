#!/usr/bin/env python
"""Django's commands and clawdbot's own, from a checkout."""

import sys

from clawdsite.cli import main

if __name__ == "__main__":
    sys.exit(main())
