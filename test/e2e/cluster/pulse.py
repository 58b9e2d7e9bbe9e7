"""How long a client that was left as it comes waits while a cluster is in trouble.

usage: pulse.py BROKERS TOPIC

librdkafka's producer with its defaults (acks=all), a record each 20 ms to one partition, at first 0. Lines on
the input:

  to N    from now on to partition N
  gap?    answered by "gap LONGEST NOW yes|no": the longest time between two acknowledgements, as far as it ended
          since the last such line; how long ago the last one was, both in ms; whether there was any for this
          partition since it is produced to
"""
import sys
import threading
import time

from confluent_kafka import Producer

brokers, topic = sys.argv[1:3]
partition, longest, last, is_served, lock = 0, 0.0, time.monotonic(), False, threading.Lock()


def delivered(error, message):
    global longest, last, is_served
    with lock:
        now = time.monotonic()
        if error is None and message.partition() == partition:
            longest, last, is_served = max(longest, now - last), now, True


def answer():
    global longest, partition, is_served
    for line in sys.stdin:
        words = line.split()
        if words[0] == "to":
            with lock:
                partition, is_served = int(words[1]), False
        elif words[0] == "gap?":
            with lock:
                ago = time.monotonic() - last
                said = "yes" if is_served else "no"
                print(f"gap {round(max(longest, ago) * 1000)} {round(ago * 1000)} {said}", flush=True)
                longest = 0.0
    stopped.set()


stopped = threading.Event()
producer = Producer({"bootstrap.servers": brokers, "acks": "all", "log_level": 2})
threading.Thread(target=answer, daemon=True).start()
print("started", flush=True)
while not stopped.is_set():
    try:
        producer.produce(topic, partition=partition, value=b"x", on_delivery=delivered)
    except BufferError:
        pass
    producer.poll(0.02)
