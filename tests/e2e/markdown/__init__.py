"""The renderer of answers alone, in Chromium, under the page's own policy."""
