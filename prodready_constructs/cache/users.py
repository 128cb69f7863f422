"""Who may sign in to a cache: nobody by default, the application by a password, others by IAM."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from prodready_constructs.cache.access import NOBODY, CacheAccess
from prodready_constructs.cache.engine import CacheEngine
from prodready_constructs.cache.names import APPLICATION, DEFAULT, check_user_name, user_id
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, Part
from prodready_constructs.foundation.rotation import deny_strangers

if TYPE_CHECKING:
    from prodready_constructs.contracts import Attachment

#: Characters of a generated password: ElastiCache takes 16 to 128, and letters and digits need no quoting in a client's URL.
_PASSWORD_LENGTH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class IamCacheUser:
    """A user without a password: it signs in with a token of IAM, which lasts 15 minutes.

    ``service.connect_to(user)`` opens the port and hands over address and name; ``cache.grant_connect(service, user=user)`` lets it sign in.

    Attributes:
        name: what the client signs in as.
        arn: the user, as IAM names it.
        attachment: what a workload needs to use the cache as this user.
    """

    name: str
    arn: str
    attachment: Attachment


class CacheUsers(Part):
    """The users of one cache and their group.

    Always: the user ``default``, as which a client without a name signs in, is off, may do nothing and has a password; the application's
    password is generated in Secrets Manager, and the template only refers to it.

    Args:
        digest: what makes the names of this cache's users unique in the region.
        engine: the users' and the group's.
        access: what the application's user may do.
        key: encrypts the secret.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, digest: str, engine: CacheEngine, access: CacheAccess, key: kms.IKey
    ) -> None:
        super().__init__(scope, construct_id)
        self._digest, self._engine = digest, engine
        self._names = [DEFAULT, APPLICATION]
        #: The id of the application's user; its name is ``app``.
        self.application_id = user_id(APPLICATION, digest)
        #: The application's credentials: ``username``, ``password``, ``user_id``.
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            description=f"Signs in to the cache {path_above(self.path)}",
            encryption_key=key,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps({"username": APPLICATION, "user_id": self.application_id}),
                generate_string_key="password",
                password_length=_PASSWORD_LENGTH,
                exclude_punctuation=True,
            ),
        )
        deny_strangers(self.secret)
        self.secret_arn = self.secret.secret_arn
        # A dynamic reference: CloudFormation reads the value when it makes the user, and shows it nowhere.
        password = f"{{{{resolve:secretsmanager:{self.secret_arn}:SecretString:password::}}}}"
        self._default = self._user("DefaultUser", DEFAULT, NOBODY, password)
        #: The application's user.
        self.application = self._user("ApplicationUser", APPLICATION, access.access_string, password)
        self._ids = [self._default.ref, self.application.ref]
        #: The user group.
        self.group = elasticache.CfnUserGroup(self, "Group", engine=engine.name, user_group_id=f"users-{digest}", user_ids=self._ids)

    def add_iam(self, name: str, access: CacheAccess) -> tuple[str, str]:
        """A user that signs in by IAM, in the group: its name, which is its id too, and its ARN."""
        check_user_name(path_above(self.path), name, tuple(self._names))
        self._names.append(name)
        identifier = user_id(name, self._digest)
        made = elasticache.CfnUser(
            self,
            f"Iam-{name}",
            engine=self._engine.name,
            user_id=identifier,
            user_name=identifier,
            access_string=access.access_string,
            authentication_mode={"Type": "iam"},
        )
        self._ids.append(made.ref)
        # Given again as a whole: the list was copied when the group was made.
        self.group.user_ids = self._ids
        return identifier, user_arn(identifier)

    def _user(self, construct_id: str, name: str, access_string: str, password: str) -> elasticache.CfnUser:
        return elasticache.CfnUser(
            self,
            construct_id,
            engine=self._engine.name,
            user_id=user_id(name, self._digest),
            user_name=name,
            access_string=access_string,
            authentication_mode={"Type": "password", "Passwords": [password]},
        )


def user_arn(identifier: str) -> str:
    """The ARN of a user of this account and region."""
    return f"arn:{PARTITION}:elasticache:{REGION}:{ACCOUNT_ID}:user:{identifier}"


def path_above(path: str) -> str:
    """The path of the cache that the users belong to."""
    return path.rpartition("/")[0]
