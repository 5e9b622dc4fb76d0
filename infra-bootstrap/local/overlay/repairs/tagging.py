"""Resource Groups Tagging: resources are found by tag in the services of the edge, too."""

from ministack.core.responses import get_region
from ministack.services import acm, alb, tagging, waf


def _certificates():
    for arn, certificate in acm._certificates.items():
        yield arn, certificate.get("Tags", [])


def _tagged(store):
    def collect():
        here = get_region()
        yield from ((arn, tags) for arn, tags in store.items() if tags and arn.split(":")[3] == here)

    return collect


def install() -> None:
    tagging._COLLECTORS.update(
        {
            "acm": _certificates,
            "elasticloadbalancing": _tagged(alb._tags),
            "wafv2": _tagged(waf._waf_tags),
        }
    )
