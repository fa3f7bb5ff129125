#!/usr/bin/env python3
"""Drives redis-py's RedisCluster: one thread for each client of the workload (docs/drivers.md)."""
import logging, os, re, sys

SYSTEM = "/usr/bin/python3"  # the one that Debian's packages are for
try:
    import redis
except ImportError:
    if sys.executable == SYSTEM or not os.path.exists(SYSTEM):
        raise
    os.execv(SYSTEM, [SYSTEM, *sys.argv])
from redis.cluster import ClusterNode, NodesManager, RedisCluster

sys.dont_write_bytecode = True
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from serve import serve

CLASSES = {"TimeoutError": "timeout", "MaxConnectionsError": "other", "ClusterDownError": "CLUSTERDOWN",
           "MasterDownError": "MASTERDOWN", "ReadOnlyError": "READONLY", "BusyLoadingError": "LOADING",
           "TryAgainError": "TRYAGAIN", "MovedError": "MOVED", "AskError": "ASK"}

def class_of(error):
    for known in type(error).__mro__:
        if known.__name__ in CLASSES:
            return CLASSES[known.__name__]
    if isinstance(error, redis.ConnectionError):
        return "refused" if "refused" in str(error) else "closed"
    return (str(error).split() or ["other"])[0]

def map_addresses(nodes):
    """Connects to where this machine reaches a node; servers may know it by an address of their own network."""
    far = [node for node in nodes if node["host"] != node["peer"]["host"]]
    reach = {node["peer"]["port"]: (node["host"], node["port"]) for node in far}
    make = NodesManager.create_redis_node
    def create_redis_node(self, host, port, **options):
        if re.fullmatch(r"[\d.]+", host):
            host, port = reach.get(int(port), (host, port))
        return make(self, host, port, **options)
    NodesManager.create_redis_node = create_redis_node

def connect(start):
    map_addresses(start["nodes"])
    return RedisCluster(
        startup_nodes=[ClusterNode(node["host"], node["port"]) for node in start["nodes"]],
        username=start.get("username"), password=start.get("password"),
        read_from_replicas=start["readFrom"] == "replica", **start["options"]).execute_command

if "--version" in sys.argv:
    print(redis.__version__)
    sys.exit()
# A line for each thing that goes wrong behind an operation, without the trace of each.
logging.getLogger("redis.cluster").addFilter(lambda record: setattr(record, "exc_info", None) or True)
serve("redis-py", redis.__version__, ["replica-reads", "pool"], connect, class_of)
