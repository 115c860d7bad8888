"""What accounts remembers."""

from accounts.models.audit import AuditLine
from accounts.models.clients import OAuthClient
from accounts.models.identities import ExternalIdentity, SignInFailure
from accounts.models.people import User, Users
from accounts.models.revocations import Revocation
from accounts.models.teams import Membership, Team

__all__ = [
    "AuditLine",
    "ExternalIdentity",
    "Membership",
    "OAuthClient",
    "Revocation",
    "SignInFailure",
    "Team",
    "User",
    "Users",
]
