"""A tunnel as a person uses it: what to paste to open it, and what to paste to sign in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from prodready_constructs.contracts import Attachment

Client = Literal["psql", "mysql", "valkey-cli"]
CLIENTS: tuple[Client, ...] = ("psql", "mysql", "valkey-cli")
#: Ports on which MySQL listens here: AWS's own, and that of ``database.MYSQL_8_4``.
_MYSQL_PORTS = (3306, 3307)
#: The certificate authorities of RDS, for a client that is to know whom it talks to.
CERTIFICATES = "global-bundle.pem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tunnel:
    """A way to one port of one host, for those who may open sessions.

    Attributes:
        name: ``Orders``; the outputs are ``<name>Tunnel`` and ``<name>SignIn``.
        local_port: where it begins on the caller's machine.
        document: the name of its session document.
        command: opens it; stays in the foreground until it is interrupted.
        sign_in: the client's command for another terminal; None where it is not known which client.
    """

    name: str
    local_port: int
    document: str
    command: str
    sign_in: str | None


def hosts_of(environment: Mapping[str, str]) -> dict[str, str]:
    """What follows the name of the store -> host, for every host of it: ``{"": the writer, "Reader": the reader}``."""
    found = [(key, value) for key, value in environment.items() if key.endswith("_HOST")]
    # The first needs no name of its own, even where it is a reader.
    return {"".join(word.capitalize() for word in key.split("_")[1:-1]) if number else "": host for number, (key, host) in enumerate(found)}


def client_of(environment: Mapping[str, str], port: int) -> Client | None:
    """Which client speaks to this store, as far as its attachment shows."""
    kinds = {key.split("_")[0] for key in environment}
    if "CACHE" in kinds:
        return "valkey-cli"
    if "DATABASE" in kinds:
        return "mysql" if port in _MYSQL_PORTS else "psql"
    return None


def start_command(*, group: str, document: str, region: str, local_port: int | None = None) -> str:
    """Opens a tunnel through whichever instance the bastion has just now, or a shell on it."""
    instance = (
        f"aws autoscaling describe-auto-scaling-groups --region {region} --auto-scaling-group-names {group}"
        " --query 'AutoScalingGroups[0].Instances[0].InstanceId' --output text"
    )
    parameters = f" --parameters localPortNumber={local_port}" if local_port else ""
    return f'aws ssm start-session --region {region} --target "$({instance})" --document-name {document}{parameters}'


def sign_in_command(client: Client, *, attachment: Attachment, secret_arn: str | None, host: str, local_port: int, region: str) -> str:
    """The client's command at the near end of the tunnel, with TLS; by the store's secret, or as a user of one's own by IAM."""
    name = next((value for key, value in attachment.environment.items() if key.endswith("_NAME")), "")

    def field(name: str) -> str:
        secret = f"aws secretsmanager get-secret-value --region {region} --secret-id {secret_arn} --query SecretString --output text"
        return f'"$({secret} | jq -r .{name})"'

    user = field("username") if secret_arn else "<your user>"
    if client == "valkey-cli":
        password = f"REDISCLI_AUTH={field('password')} " if secret_arn else ""
        return f"{password}valkey-cli --tls --sni {host} -h 127.0.0.1 -p {local_port} --user {user}"
    token = f"aws rds generate-db-auth-token --region {region} --hostname {host} --port {attachment.port} --username {user}"
    password = field("password") if secret_arn else f'"$({token})"'
    if client == "mysql":
        by_token = "" if secret_arn else " --enable-cleartext-plugin"
        # The certificate names the host, not 127.0.0.1: its authority is checked, its name cannot be.
        return (
            f"MYSQL_PWD={password} mysql -h 127.0.0.1 -P {local_port} -u {user}"
            f" --ssl-mode=VERIFY_CA --ssl-ca={CERTIFICATES}{by_token} {name}"
        )
    # hostaddr is where to connect, host whose certificate to expect.
    where = f"host={host} hostaddr=127.0.0.1 port={local_port} dbname={name} sslmode=verify-full sslrootcert={CERTIFICATES}"
    return f'PGPASSWORD={password} psql "{where}" -U {user}'
