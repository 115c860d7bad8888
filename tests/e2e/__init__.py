"""A real browser (Debian's Chromium) before a started gateway."""
