"""What RDS takes orders for, and where a version can be upgraded to.

Every class of the general, memory and burstable families that AWS has today, in every zone, with and
without a standby, on gp3, gp2 and io2. Oracle's and SQL Server's rows are not here.
"""

from ministack.core.responses import get_region

from overlay.query import page
from overlay.rds.records import VERSIONS, operation


def _order(version: str) -> list:
    return [int(part) for part in version.split(".")]


# Beside what a major version means when no minor is asked for: newer minors to go to.
_NEWER = {"postgres": ["17.5", "18.1"], "mysql": ["8.0.42", "8.4.5"], "mariadb": ["11.4.7"]}
_VERSIONS = {
    engine: sorted([*series.values(), *_NEWER.get(engine, [])], key=_order)
    for engine, series in VERSIONS.items()
}
_FAMILIES = ("t3", "t4g", "m5", "m6g", "m6i", "m7g", "m7i", "m8g", "r5", "r6g", "r6i", "r7g", "r7i", "r8g")
_BURSTABLE = ("micro", "small", "medium", "large", "xlarge", "2xlarge")
_SIZES = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
_STORAGE = {"gp3": (20, 65536), "gp2": (5, 65536), "io2": (100, 65536)}


def _classes() -> list:
    return [
        f"db.{family}.{size}" for family in _FAMILIES for size in (_BURSTABLE if family[0] == "t" else _SIZES)
    ]


def _named(found: list, wanted) -> list:
    """Those that are the wanted one, or of its series."""
    return [one for one in found if not wanted or one == wanted or one.startswith(f"{wanted}.")]


@operation("DescribeOrderableDBInstanceOptions")
def orderable(request):
    engine = request.get("Engine", "")
    zones = [{"Name": get_region() + letter} for letter in "abc"]
    found = [
        {
            "Engine": engine,
            "EngineVersion": version,
            "DBInstanceClass": kind,
            "LicenseModel": "postgresql-license" if engine == "postgres" else "general-public-license",
            "AvailabilityZones": zones,
            "MultiAZCapable": True,
            "Vpc": True,
            "SupportsStorageEncryption": True,
            "StorageType": storage,
            "MinStorageSize": least,
            "MaxStorageSize": most,
        }
        for kind in _classes()
        if request.get("DBInstanceClass") in (None, kind)
        for version in _named(_VERSIONS.get(engine, []), request.get("EngineVersion"))
        for storage, (least, most) in _STORAGE.items()
    ]
    return page(request, found, "OrderableDBInstanceOptions", token="Marker")


@operation("DescribeDBEngineVersions")
def versions(request):
    engine = request.get("Engine")
    found = [
        {
            "Engine": name,
            "EngineVersion": version,
            "DBParameterGroupFamily": name + _series(name, version),
            "Status": "available",
            "ValidUpgradeTarget": [
                {"Engine": name, "EngineVersion": later, "IsMajorVersionUpgrade": _is_major(name, version, later)}
                for later in known
                if _order(later) > _order(version)
            ],
        }
        for name, known in _VERSIONS.items()
        if engine in (None, name)
        for version in _named(known, request.get("EngineVersion"))
        if request.get("DBParameterGroupFamily") in (None, name + _series(name, version))
    ]
    if request.get("DefaultOnly"):
        found = found[-1:]
    return page(request, found, "DBEngineVersions", token="Marker")


def _series(engine: str, version: str) -> str:
    """What a parameter group's family calls it: `17`, `8.4`."""
    return ".".join(version.split(".")[: 1 if engine == "postgres" else 2])


def _is_major(engine: str, one: str, other: str) -> bool:
    return _series(engine, one) != _series(engine, other)
