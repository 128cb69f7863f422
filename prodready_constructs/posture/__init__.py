"""The posture: every value in which staging and production may differ, and nothing else.

Pure Python. A construct takes its slice (``posture=PRODUCTION.database``), a stack the whole. What is always so has no
value here: it is in the construct. Names, addresses and accounts are settings of a deployment, not posture.
"""

from __future__ import annotations

from prodready_constructs.posture.aurora import AuroraPosture
from prodready_constructs.posture.bastion import BastionPosture
from prodready_constructs.posture.cache import CachePosture
from prodready_constructs.posture.compute import ComputePosture
from prodready_constructs.posture.data import DataClass, DataPosture
from prodready_constructs.posture.database import DatabasePosture
from prodready_constructs.posture.devices import DevicePosture
from prodready_constructs.posture.drills import DrillPosture
from prodready_constructs.posture.edge import EdgePosture
from prodready_constructs.posture.functions import FunctionPosture
from prodready_constructs.posture.images import ImagesPosture
from prodready_constructs.posture.jobs import JobPosture
from prodready_constructs.posture.messaging import MessagingPosture
from prodready_constructs.posture.monitoring import MonitoringPosture
from prodready_constructs.posture.network import NetworkPosture
from prodready_constructs.posture.production import PRODUCTION
from prodready_constructs.posture.proxy import ProxyPosture
from prodready_constructs.posture.recovery import RecoveryPosture
from prodready_constructs.posture.regions import RegionPosture
from prodready_constructs.posture.release import Release
from prodready_constructs.posture.staging import STAGING
from prodready_constructs.posture.storage import StoragePosture
from prodready_constructs.posture.tables import TablePosture
from prodready_constructs.posture.whole import Posture
from prodready_constructs.posture.workers import OffHours, WorkerPosture

__all__ = [
    "PRODUCTION",
    "STAGING",
    "AuroraPosture",
    "BastionPosture",
    "CachePosture",
    "ComputePosture",
    "DataClass",
    "DataPosture",
    "DatabasePosture",
    "DevicePosture",
    "DrillPosture",
    "EdgePosture",
    "FunctionPosture",
    "ImagesPosture",
    "JobPosture",
    "MessagingPosture",
    "MonitoringPosture",
    "NetworkPosture",
    "OffHours",
    "Posture",
    "ProxyPosture",
    "RecoveryPosture",
    "RegionPosture",
    "Release",
    "StoragePosture",
    "TablePosture",
    "WorkerPosture",
]
