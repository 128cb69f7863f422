"""Messages that arrive: queues with dead letters and a way back, topics that deliver to them."""

from prodready_constructs.messaging.filters import Match, MessageFilter
from prodready_constructs.messaging.ordering import Fifo
from prodready_constructs.messaging.protected_topic import ProtectedTopic
from prodready_constructs.messaging.reliable_queue import ReliableQueue

__all__ = ["Fifo", "Match", "MessageFilter", "ProtectedTopic", "ReliableQueue"]
