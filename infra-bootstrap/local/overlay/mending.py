"""Everything that is mended in MiniStack, in the order in which it is installed."""

from overlay import (
    authorization, cloudformation, control, ec2, elb, lag, processes, rds, refusals, scaling, stepfunctions
)  # fmt: skip
from overlay.events import alarms, tap
from overlay.repairs import (
    acm, cloudtrail, cloudwatch, creation, iam, iam_credentials, kms, logs, s3, service_quotas, service_roles, sns,
    tagging, waf,
)  # fmt: skip

# Alarms listen to what the repair of CloudWatch calls, so that comes first. What is controlled lies around
# all the rest, so that comes last.
_PARTS = (
    processes, tap, cloudwatch, alarms, cloudformation, stepfunctions, ec2, creation, elb, scaling, rds, waf, acm,
    cloudtrail, iam, iam_credentials, s3, sns, tagging, kms, logs, service_quotas, service_roles, lag, refusals,
    authorization, control,
)  # fmt: skip


def install() -> None:
    for part in _PARTS:
        part.install()
