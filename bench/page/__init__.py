"""The page's budgets, measured in Chromium before a started gateway: `python -m bench.page`."""
