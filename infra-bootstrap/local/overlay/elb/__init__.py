"""Application load balancers, their target groups and listeners."""

from overlay.elb import listeners, load_balancers, target_groups  # noqa: F401  each registers its operations


def install() -> None:
    """Importing this package has done it."""
