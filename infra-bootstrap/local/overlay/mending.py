"""Everything that is mended in MiniStack, in the order in which it is installed."""

from overlay import authorization, cloudformation, ec2, elb, processes, rds, scaling
from overlay.events import alarms, tap
from overlay.repairs import acm, cloudtrail, cloudwatch, creation, iam, iam_credentials, kms, logs, s3, sns, tagging, waf

# Alarms listen to what the repair of CloudWatch calls, so that comes first.
_PARTS = (
    processes, tap, cloudwatch, alarms, cloudformation, ec2, creation, elb, scaling, rds, waf, acm, cloudtrail, iam,
    iam_credentials, s3, sns, tagging, kms, logs, authorization,
)  # fmt: skip


def install() -> None:
    for part in _PARTS:
        part.install()
