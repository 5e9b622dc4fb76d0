"""RDS instances with all that a database of the stack sets, without a database behind them."""

from overlay.rds import groups, instances, offers, snapshots, subscriptions  # noqa: F401  each registers its operations


def install() -> None:
    """Importing this package has done it."""
