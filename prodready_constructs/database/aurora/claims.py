"""What an Aurora cluster promises, by ledger id; the control catalogue is generated from it."""

from prodready_constructs.contracts import ControlClaim

CONTROLS = (
    ControlClaim(
        control="DB-1",
        how="AWS::RDS::DBCluster of Aurora PostgreSQL or Aurora MySQL, serverless v2 or of a class, with the verbs of the instance",
    ),
    ControlClaim(
        control="DB-2",
        how="Readers as the posture says, PubliclyAccessible false on each instance, a subnet group of isolated subnets in two zones or more",
        frameworks=("NIST 800-53 r5 CP-10", "NIST 800-53 r5 SC-7", "HIPAA 164.308(a)(7)(ii)(C)", "PCI DSS 3.2.1 1.3.6", "SOC 2 A1.2"),
    ),
    ControlClaim(
        control="DB-3",
        how="StorageEncrypted, KmsKeyId, PerformanceInsightsKmsKeyId and MasterUserSecret.KmsKeyId name a rotating customer-managed key",
        frameworks=("NIST 800-53 r5 SC-28", "HIPAA 164.312(a)(2)(iv)", "PCI DSS 3.2.1 3.4", "SOC 2 CC6.1", "GDPR Art. 32"),
    ),
    ControlClaim(
        control="DB-4",
        how="ManageMasterUserPassword with a rotation schedule of 90 days at most, or in a global database a master user without a password",
        frameworks=("NIST 800-53 r5 IA-5", "PCI DSS 3.2.1 8.2.4", "SOC 2 CC6.1"),
    ),
    ControlClaim(
        control="DB-5",
        how="BackupRetentionPeriod 7 to 35 days, kept after deletion; CopyTagsToSnapshot; DeletionPolicy Snapshot; DeletionProtection",
        frameworks=("NIST 800-53 r5 CP-9", "HIPAA 164.308(a)(7)(ii)(A)", "SOC 2 A1.2"),
    ),
    ControlClaim(
        control="DB-6",
        how="rds.force_ssl=1 or require_secure_transport=ON in the cluster's parameter group; every log type exported; another port",
        frameworks=("NIST 800-53 r5 SC-8", "NIST 800-53 r5 AU-2", "HIPAA 164.312(b)", "HIPAA 164.312(e)(1)", "PCI DSS 3.2.1 4.1"),
    ),
    ControlClaim(
        control="DB-7",
        how="A volume that grows by itself, AutoMinorVersionUpgrade, windows apart, MonitoringInterval with an own role, IAM authentication",
        frameworks=("NIST 800-53 r5 SI-2", "NIST 800-53 r5 IA-2", "PCI DSS 3.2.1 6.2"),
    ),
    ControlClaim(
        control="DB-8",
        how="Readers with promotion tiers; AWS::RDS::GlobalCluster with a secondary in another region that the posture allows",
        frameworks=("NIST 800-53 r5 CP-9", "NIST 800-53 r5 CP-10", "SOC 2 A1.2"),
    ),
    ControlClaim(
        control="DB-10",
        how="Alarm data for CPU, memory, capacity, connections, lag, volume, deadlocks and RDS events; thresholds from class and capacity",
        frameworks=("NIST 800-53 r5 SI-4", "SOC 2 CC7.2"),
    ),
    ControlClaim(
        control="NET-8", how="Takes any VPC, and refuses one without isolated subnets in two zones", frameworks=("NIST 800-53 r5 SC-7",)
    ),
    ControlClaim(
        control="OPS-5",
        how="Exported logs go to groups made first, with a stated retention and a customer-managed key",
        frameworks=("NIST 800-53 r5 AU-9", "NIST 800-53 r5 AU-11", "PCI DSS 3.2.1 10.7", "SOC 2 CC7.2"),
    ),
)
