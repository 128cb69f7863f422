"""Who signs in: a user directory whose door is never just a password, and machines with secrets that nobody has typed."""

from prodready_constructs.identity.api_scopes import ApiScopes
from prodready_constructs.identity.client_secret_rotation import ClientSecretRotation
from prodready_constructs.identity.group_roles import GroupRoles
from prodready_constructs.identity.mail import SesSender
from prodready_constructs.identity.passkeys import Passkeys
from prodready_constructs.identity.service_account import ServiceAccount
from prodready_constructs.identity.sign_in_page import SignInPage
from prodready_constructs.identity.token_lives import TokenLives
from prodready_constructs.identity.user_directory import UserDirectory
from prodready_constructs.identity.web_app import WebApp

__all__ = [
    "ApiScopes",
    "ClientSecretRotation",
    "GroupRoles",
    "Passkeys",
    "ServiceAccount",
    "SesSender",
    "SignInPage",
    "TokenLives",
    "UserDirectory",
    "WebApp",
]
