# What type checkers and editors see of the front door; a test holds it to __init__.py.

from prodready_constructs.cache import *
from prodready_constructs.compliance import PRODUCTION_PACKS as PRODUCTION_PACKS
from prodready_constructs.compliance import STAGING_PACKS as STAGING_PACKS
from prodready_constructs.compliance import Finding as Finding
from prodready_constructs.compliance import GuardError as GuardError
from prodready_constructs.compliance import HardeningRules as HardeningRules
from prodready_constructs.compliance import guard as guard
from prodready_constructs.compute import *
from prodready_constructs.contracts import AlarmSpec as AlarmSpec
from prodready_constructs.contracts import EventSpec as EventSpec
from prodready_constructs.contracts import GoodAndBad as GoodAndBad
from prodready_constructs.contracts import GoodMinutes as GoodMinutes
from prodready_constructs.contracts import GraphSpec as GraphSpec
from prodready_constructs.contracts import MathMetric as MathMetric
from prodready_constructs.contracts import Metric as Metric
from prodready_constructs.contracts import ProcedureSpec as ProcedureSpec
from prodready_constructs.contracts import ProcedureStep as ProcedureStep
from prodready_constructs.contracts import RecoveryFact as RecoveryFact
from prodready_constructs.contracts import RunbookSpec as RunbookSpec
from prodready_constructs.contracts import SecretField as SecretField
from prodready_constructs.contracts import Severity as Severity
from prodready_constructs.database import *
from prodready_constructs.edge import *
from prodready_constructs.errors import ConfigurationError as ConfigurationError
from prodready_constructs.foundation import ComposedRole as ComposedRole
from prodready_constructs.foundation import DataKey as DataKey
from prodready_constructs.foundation import EncryptedLogGroup as EncryptedLogGroup
from prodready_constructs.foundation import Schedule as Schedule
from prodready_constructs.identity import *
from prodready_constructs.images import *
from prodready_constructs.messaging import *
from prodready_constructs.monitoring import *
from prodready_constructs.network import *
from prodready_constructs.posture import PRODUCTION as PRODUCTION
from prodready_constructs.posture import STAGING as STAGING
from prodready_constructs.posture import DataClass as DataClass
from prodready_constructs.posture import OffHours as OffHours
from prodready_constructs.posture import Posture as Posture
from prodready_constructs.posture import Release as Release
from prodready_constructs.recovery import *
from prodready_constructs.security import AppSecret as AppSecret
from prodready_constructs.security import RandomRotation as RandomRotation
from prodready_constructs.storage import *
from prodready_constructs.tables import *
from prodready_constructs.waivers import waive as waive
