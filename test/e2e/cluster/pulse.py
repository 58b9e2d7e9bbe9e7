"""How long a client that was left as it comes waits while a cluster is in trouble.

usage: pulse.py BROKERS TOPIC

librdkafka's producer with its defaults (acks=all), a record each 20 ms to partition 0. A line "gap?" on the
input is answered by the longest time between two acknowledgements since the last such line, in ms.
"""
import sys
import threading
import time

from confluent_kafka import Producer

brokers, topic = sys.argv[1:3]
longest, last, asked, lock = 0.0, time.monotonic(), threading.Event(), threading.Lock()


def delivered(error, message):
    global longest, last
    with lock:
        now = time.monotonic()
        if error is None:
            longest, last = max(longest, now - last), now


def answer():
    global longest
    for line in sys.stdin:
        if line.strip() == "gap?":
            with lock:
                print(f"gap {round(max(longest, time.monotonic() - last) * 1000)}", flush=True)
                longest = 0.0
    stopped.set()


stopped = threading.Event()
producer = Producer({"bootstrap.servers": brokers, "acks": "all", "log_level": 2})
threading.Thread(target=answer, daemon=True).start()
print("started", flush=True)
while not stopped.is_set():
    try:
        producer.produce(topic, partition=0, value=b"x", on_delivery=delivered)
    except BufferError:
        pass
    producer.poll(0.02)
