"""The admin's pages of people, teams, identities, clients, and of what was done and went wrong."""

from accounts.admin import clients, groups, identities, log, people, teams

__all__ = ["clients", "groups", "identities", "log", "people", "teams"]
