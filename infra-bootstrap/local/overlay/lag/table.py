"""How many seconds AWS takes over something: in half of the cases at most, and in 19 of 20 at most.

From published measurements: durations that deployers printed in public repositories, and the times
of CloudTrail records of real stacks. Where nothing was published it is an estimate, marked so.
"""

MEASURED = {
    # EC2's network
    "vpc available": (2, 8),
    "subnet available": (1, 3),
    "nat gateway available": (107, 124),
    "nat gateway deleted": (61, 75),
    # instances
    "instance running": (16, 50),
    "instance checked": (150, 300),  # estimate
    "instance terminated": (35, 90),
    "instance stopped": (35, 90),  # estimate: as long as terminating
    "group member in service": (20, 90),
    # load balancers
    "load balancer active": (148, 185),
    "load balancer interfaces gone": (100, 180),
    # databases
    "database available": (330, 610),
    "database with standby available": (720, 1500),
    "database modified": (130, 600),
    "database restarted": (60, 120),  # estimate
    "database deleted": (265, 420),
    "snapshot available": (146, 300),
    # what others must first hear of
    "instance profile usable": (10, 20),
    "role usable": (10, 15),
    "certificate usable": (5, 20),  # estimate
    "web acl usable": (5, 120),
    "certificate released": (20, 120),  # estimate
    "web acl released": (5, 60),  # estimate
    "certificate validated": (180, 540),
    # late deliveries
    "api call told": (20, 90),
    "native event told": (2, 15),
    "late log": (60, 300),  # estimate
}

# Every call that changes something takes at least this long.
FAST_CALL_SECONDS = 0.3
