"""The half of a driver in Python that has nothing to do with its client: lines in, lines out (docs/drivers.md)."""
import json, queue, sys, threading

writing = threading.Lock()

def say(**message):
    with writing:
        print(json.dumps(message), flush=True)

def plain(reply):
    """A reply as JSON has it."""
    if isinstance(reply, bytes):
        return reply.decode(errors="replace")
    return [plain(one) for one in reply] if isinstance(reply, (list, set, tuple)) else reply

def serve(name, version, can, connect, class_of):
    """Carries out what the runner asks for until it says stop, in one thread for each client of the workload.

    `connect` takes the start message, and gives a function of the words of a command that gives its reply. What that
    function raises is indeterminate, of the class that `class_of` gives: a client may have tried again by itself.
    """
    def work(send, operations):
        while True:
            message = operations.get()
            try:
                say(type="ok", id=message["id"], replies=[plain(send(*message["commands"][0]))])
            except Exception as error:
                say(type="indeterminate", id=message["id"], text=str(error) or type(error).__name__,
                    **{"class": class_of(error)})

    say(type="hello", protocol=1, name=name, version=version, can=can)
    start = json.loads(sys.stdin.readline())
    send = connect(start)
    queues = [queue.SimpleQueue() for _ in range(start["clients"])]
    for operations in queues:
        threading.Thread(target=work, args=(send, operations), daemon=True).start()
    say(type="ready")
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "stop":
            break
        if message["type"] == "invoke":
            queues[message["client"]].put(message)
