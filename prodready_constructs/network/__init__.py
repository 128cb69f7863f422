"""The network: private and isolated tiers, egress that survives a zone, endpoints, flow logs, and a bastion without a door."""

from prodready_constructs.network.bastion.session_bastion import SessionBastion
from prodready_constructs.network.endpoints import PrivateEndpoints
from prodready_constructs.network.private_network import PrivateNetwork

__all__ = ["PrivateEndpoints", "PrivateNetwork", "SessionBastion"]
