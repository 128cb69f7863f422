"""The network: private and isolated tiers, egress that survives a zone, endpoints, flow logs."""

from prodready_constructs.network.private_network import PrivateNetwork

__all__ = ["PrivateNetwork"]
