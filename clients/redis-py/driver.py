#!/usr/bin/env python3
"""Drives redis-py's RedisCluster: one thread for each client of the workload (docs/drivers.md)."""
import json, logging, os, queue, re, sys, threading

SYSTEM = "/usr/bin/python3"  # the one that Debian's packages are for
try:
    import redis
except ImportError:
    if sys.executable == SYSTEM or not os.path.exists(SYSTEM):
        raise
    os.execv(SYSTEM, [SYSTEM, *sys.argv])
from redis.cluster import ClusterNode, NodesManager, RedisCluster

CLASSES = {"TimeoutError": "timeout", "MaxConnectionsError": "other", "ClusterDownError": "CLUSTERDOWN",
           "MasterDownError": "MASTERDOWN", "ReadOnlyError": "READONLY", "BusyLoadingError": "LOADING",
           "TryAgainError": "TRYAGAIN", "MovedError": "MOVED", "AskError": "ASK"}
lock = threading.Lock()

def say(**message):
    with lock:
        print(json.dumps(message), flush=True)

def plain(reply):
    if isinstance(reply, bytes):
        return reply.decode(errors="replace")
    return [plain(one) for one in reply] if isinstance(reply, (list, set, tuple)) else reply

def class_of(error):
    for known in type(error).__mro__:
        if known.__name__ in CLASSES:
            return CLASSES[known.__name__]
    if isinstance(error, redis.ConnectionError):
        return "refused" if "refused" in str(error) else "closed"
    return (str(error).split() or ["other"])[0]

def work(cluster, operations):
    while True:
        message = operations.get()
        try:
            say(type="ok", id=message["id"], replies=[plain(cluster.execute_command(*message["commands"][0]))])
        except Exception as error:
            # It tries again by itself, and raises the last error alone: an earlier try may have been carried out.
            say(type="indeterminate", id=message["id"], text=str(error) or type(error).__name__,
                **{"class": class_of(error)})

def map_addresses(nodes):
    """Connects to where this machine reaches a node; servers may know it by an address of their own network."""
    reach = {node["peer"]["port"]: (node["host"], node["port"]) for node in nodes}
    make = NodesManager.create_redis_node
    def create_redis_node(self, host, port, **options):
        if re.fullmatch(r"[\d.]+", host):
            host, port = reach.get(int(port), (host, port))
        return make(self, host, port, **options)
    NodesManager.create_redis_node = create_redis_node

if "--version" in sys.argv:
    print(redis.__version__)
    sys.exit()
# A line for each thing that goes wrong behind an operation, without the trace of each.
logging.getLogger("redis.cluster").addFilter(lambda record: setattr(record, "exc_info", None) or True)
say(type="hello", protocol=1, name="redis-py", version=redis.__version__, can=["replica-reads"])
start = json.loads(sys.stdin.readline())
map_addresses(start["nodes"])
cluster = RedisCluster(
    startup_nodes=[ClusterNode(node["host"], node["port"]) for node in start["nodes"]],
    username=start.get("username"), password=start.get("password"),
    read_from_replicas=start["readFrom"] == "replica", **start["options"])
queues = [queue.SimpleQueue() for _ in range(start["clients"])]
for operations in queues:
    threading.Thread(target=work, args=(cluster, operations), daemon=True).start()
say(type="ready")
for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "stop":
        break
    if message["type"] == "invoke":
        queues[message["client"]].put(message)
