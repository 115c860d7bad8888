"""The configuration: loading, rules, reload, explanation, and the pages about it."""
