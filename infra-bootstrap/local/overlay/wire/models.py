"""Service models, by the names under which MiniStack keeps its services."""

import functools

import botocore.loaders
from botocore.model import ServiceModel

# MiniStack calls a service by its endpoint; botocore has a few names of its own.
_BOTOCORE_NAMES = {
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "servicequotas": "service-quotas",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}

_loader = botocore.loaders.Loader()


@functools.cache
def service_model(service: str) -> ServiceModel | None:
    """The model of a service, or None when botocore has none under that name."""
    name = _BOTOCORE_NAMES.get(service, service)
    try:
        return ServiceModel(_loader.load_service_model(name, "service-2"), service_name=name)
    except botocore.loaders.UnknownServiceError:
        return None


def operation_model(service: str, operation: str):
    """The model of one operation, or None when the service has no such operation."""
    model = service_model(service)
    if model is None or operation not in model.operation_names:
        return None
    return model.operation_model(operation)
