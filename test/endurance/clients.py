"""Clients of librdkafka (confluent-kafka) that keep ledgers while a broker is killed beneath them.

usage: clients.py BROKERS FOLDER < PLAN

The plan is one line of JSON: {"producers": [...], "groups": [...], "watch": {...}, "read": {...}}. A line
"stop" on the input ends the producers, which flush; then the groups, which read to the end; then the
watcher; then the reader reads all there is. Prints "stopped" at the end. What ledgers look like is
told in ledger.ts; how a value is made of its id, here and there, is `value_of`.
"""
import functools
import json
import logging
import os
import random
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

brokers, folder = sys.argv[1:3]
BASE = {"bootstrap.servers": brokers, "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 300,
        "topic.metadata.refresh.interval.ms": 5000, "log_level": 2, "statistics.interval.ms": 0}
OUTSTANDING = 3000  # records of one producer that wait for an answer
PATIENCE = 90  # seconds, for whatever has to end
stopping = threading.Event()
producersDone = threading.Event()


@functools.cache
def letters():
    """What fills values: codecs find little in it."""
    alphabet, state, found = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 1, []
    for _ in range(1 << 18):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        found.append(alphabet[state >> 16 & 63])
    return "".join(found)


def value_of(producer, record):
    start = record * 1531 % 260_000
    return f"{producer} {record} {letters()[start:start + 20 + record * 131 % 1500]}".encode()


class Ledger:
    """Lines that are in the file once `write` returns, in order, whoever writes beside."""

    def __init__(self, name, first=None):
        self.file = os.open(f"{folder}/{name}.ledger", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        if first:
            self.write(first)

    def write(self, line):
        os.write(self.file, f"{line}\n".encode())


KINDS = {
    "idempotent": {"enable.idempotence": True, "acks": "all", "max.in.flight": 5, "message.timeout.ms": 0,
                   "message.send.max.retries": 2147483647, "enable.gapless.guarantee": True},
    "plain": {"enable.idempotence": False, "max.in.flight": 5, "message.timeout.ms": 0, "message.send.max.retries": 0},
    "retrying": {"enable.idempotence": False, "acks": "all", "max.in.flight": 1, "message.timeout.ms": 0,
                 "message.send.max.retries": 2147483647},
    "unheard": {"enable.idempotence": False, "acks": 0, "message.timeout.ms": 0, "message.send.max.retries": 0},
}


def debug_log(name):
    """Where librdkafka tells what it does, when a config has "debug"."""
    log = logging.getLogger(name)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    handler = logging.FileHandler(f"{folder}/{name}.debug")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log.addHandler(handler)
    return {"log_level": 7, "logger": log}


class Writer(threading.Thread):
    """One producer at a steady rate over its topics' partitions: {"topic": partitions}."""

    def __init__(self, name, kind, topics, rate, config={}, keys=None):
        super().__init__(daemon=True)
        self.name, self.kind, self.rate, self.keys = name, kind, rate, keys
        self.places = [(topic, p) for topic, count in topics.items() for p in range(count)]
        self.next = dict.fromkeys(self.places, 0)
        self.waiting = 0
        self.ledger = Ledger(name, f"producer {name} {kind}")
        self.producer = Producer({**BASE, "client.id": name, "retry.backoff.ms": 50, "linger.ms": 5,
                                  **KINDS[kind], **config, **(debug_log(name) if "debug" in config else {})})
        self.start()

    def send(self, place):
        record = self.next[place]
        self.next[place] += 1
        topic, partition = place
        key, value = self.name, value_of(self.name, record)
        if self.keys:
            key = f"key-{record * 7919 % self.keys}"
            value = None if record % 10 == 3 else value
        self.ledger.write(f"S {topic} {partition} {record}")
        self.waiting += 1

        def delivered(error, message):
            self.waiting -= 1
            if error is None:
                if self.kind != "unheard":
                    self.ledger.write(f"A {topic} {partition} {record} {message.offset()}")
            else:
                self.ledger.write(f"F {topic} {partition} {record} {error.name()}")

        self.producer.produce(topic, partition=partition, key=key, value=value, on_delivery=delivered)

    def run(self):
        chance = random.Random(self.name)
        began, sent = time.monotonic(), 0
        while not stopping.is_set():
            due = (time.monotonic() - began) * self.rate
            if sent >= due or self.waiting >= OUTSTANDING:
                self.producer.poll(0.02)
                if self.waiting >= OUTSTANDING:  # what could not be sent is not made up for
                    began, sent = time.monotonic(), 0
                continue
            place = chance.choice(self.places)
            for _ in range(min(chance.randint(1, 20), int(due - sent) + 1)):
                self.send(place)
                sent += 1
            self.producer.poll(0)
        self.producer.flush(PATIENCE)
        if self.waiting > 0:
            print(f"{self.name}: {self.waiting} records were never answered", flush=True)


class Member(threading.Thread):
    """One consumer of a group; it processes, and then commits, and waits for the answer."""

    def __init__(self, name, group, topics, config={}):
        super().__init__(daemon=True)
        self.name, self.leaving, self.assigned = name, threading.Event(), False
        self.ledger = Ledger(group)
        self.topics = topics
        self.config = {**BASE, "group.id": group, "client.id": name, "enable.auto.commit": False,
                       "auto.offset.reset": "earliest", "session.timeout.ms": 6000, "heartbeat.interval.ms": 500,
                       "fetch.wait.max.ms": 200, "check.crcs": True, **config}
        self.start()

    def run(self):
        consumer = Consumer(self.config)
        cooperative = self.config.get("partition.assignment.strategy") == "cooperative-sticky"
        done = {}  # what is processed and not committed

        def given(consumer, partitions):
            for each in partitions:
                self.ledger.write(f"G {self.name} {each.topic} {each.partition}")
            (consumer.incremental_assign if cooperative else consumer.assign)(partitions)

        def taken(consumer, partitions):
            commit(only={(each.topic, each.partition) for each in partitions})
            gone(consumer, partitions)

        def gone(consumer, partitions):
            for each in partitions:
                done.pop((each.topic, each.partition), None)
                self.ledger.write(f"V {self.name} {each.topic} {each.partition}")
            consumer.incremental_unassign(partitions) if cooperative else consumer.unassign()

        def commit(only=None):
            places = [place for place in done if only is None or place in only]
            if not places:
                return
            offsets = [TopicPartition(*place, done.pop(place)) for place in places]
            for each in offsets:
                self.ledger.write(f"c {self.name} {each.topic} {each.partition} {each.offset}")
            try:
                answers = consumer.commit(offsets=offsets, asynchronous=False)
            except KafkaException:  # nobody knows; the ledger says that it was begun
                for each in offsets:
                    done.setdefault((each.topic, each.partition), each.offset)
                return
            for each in answers or []:
                if each.error is None:
                    self.ledger.write(f"C {self.name} {each.topic} {each.partition} {each.offset}")

        consumer.subscribe(self.topics, on_assign=given, on_revoke=taken, on_lost=gone)
        chance = random.Random(self.name)
        while not self.leaving.is_set():
            for message in consumer.consume(200, timeout=0.1):
                if message.error() is not None:
                    continue
                place = (message.topic(), message.partition())
                self.ledger.write(f"P {self.name} {place[0]} {place[1]} {message.offset()}")
                done[place] = message.offset() + 1
            if done and chance.random() < 0.3:
                commit()
        commit()
        consumer.close()


class Group(threading.Thread):
    """Members that come and go. At the end one of them reads on until all is processed."""

    def __init__(self, group, topics, members, config={}, churnSeconds=0, stays=True):
        super().__init__(daemon=True)
        self.group, self.topics, self.config, self.churn = group, topics, config, churnSeconds
        self.stays = stays
        self.ledger = Ledger(group)
        self.made = 0
        self.members = [self.member() for _ in range(members)]
        self.start()

    def member(self):
        self.made += 1
        return Member(f"{self.group}-{os.getpid()}-{self.made}", self.group, list(self.topics), self.config)

    def run(self):
        while not stopping.wait(self.churn or None):
            leaver = self.members.pop(0)
            leaver.leaving.set()
            leaver.join(PATIENCE)
            self.members.append(self.member())
        if not self.stays:
            for member in self.members:
                member.leaving.set()
            return
        producersDone.wait()
        self.drain()

    def drain(self):
        """Waits until the group's commits are at the ends of all logs; then tells what is committed."""
        asker = Consumer({**BASE, "group.id": self.group})
        places = [TopicPartition(topic, p) for topic, count in self.topics.items() for p in range(count)]
        until = time.monotonic() + PATIENCE
        committed = []
        while time.monotonic() < until:
            try:
                ends = {(each.topic, each.partition): asker.get_watermark_offsets(each, timeout=5)[1] for each in places}
                committed = asker.committed(places, timeout=5)
            except KafkaException:
                continue
            if all(max(each.offset, 0) == ends[each.topic, each.partition] for each in committed):
                break
            time.sleep(0.2)
        for member in self.members:
            member.leaving.set()
        for member in self.members:
            member.join(PATIENCE)
        for each in asker.committed(places, timeout=30):
            self.ledger.write(f"O {each.topic} {each.partition} {max(each.offset, 0)}")
        asker.close()


def record_line(message):
    where = f"{message.topic()} {message.partition()} {message.offset()}"
    key = (message.key() or b"-").decode()
    if message.value() is None:
        return f"R {where} {key} - -"
    producer, record = message.value().split(b" ", 2)[:2]
    if not record.isdigit() or message.value() != value_of(producer.decode(), int(record)):
        return f"X {where}"
    return f"R {where} {key} {producer.decode()} {int(record)}"


class Watcher(threading.Thread):
    """Reads every partition from its beginning and goes on reading: what was seen must stay."""

    def __init__(self, name, topics):
        super().__init__(daemon=True)
        self.ledger, self.topics, self.leaving = Ledger(name), topics, threading.Event()
        self.start()

    def run(self):
        consumer = Consumer({**BASE, "group.id": "watch", "enable.auto.commit": False, "check.crcs": True,
                             "auto.offset.reset": "earliest", "fetch.wait.max.ms": 200})
        consumer.assign([TopicPartition(topic, p, 0) for topic, count in self.topics.items() for p in range(count)])
        while not self.leaving.is_set():
            for message in consumer.consume(500, timeout=0.2):
                if message.error() is None:
                    self.ledger.write(record_line(message))
        consumer.close()


def read(name, topics):
    """All that there is now."""
    ledger = Ledger(name)
    consumer = Consumer({**BASE, "group.id": "read", "enable.auto.commit": False, "check.crcs": True,
                         "auto.offset.reset": "error", "enable.partition.eof": True, "fetch.wait.max.ms": 50})
    for topic, count in topics.items():
        for partition in range(count):
            start, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)
            consumer.assign([TopicPartition(topic, partition, start)])
            until = time.monotonic() + PATIENCE
            isThrough = start == end
            while not isThrough:
                assert time.monotonic() < until, f"{topic}-{partition} cannot be read to its end"
                for message in consumer.consume(1000, timeout=0.5):
                    if message.error() is None:
                        ledger.write(record_line(message))
                    elif message.error().code() == KafkaError._PARTITION_EOF:
                        isThrough = True
                    else:
                        print(f"{topic}-{partition}: {message.error()}", flush=True)
            ledger.write(f"E {topic} {partition} {start} {end}")
    consumer.close()


plan = json.loads(sys.stdin.readline())
writers = [Writer(**each) for each in plan.get("producers", [])]
groups = [Group(**each) for each in plan.get("groups", [])]
watcher = Watcher(**plan["watch"]) if "watch" in plan else None
print("started", flush=True)
sys.stdin.readline()
stopping.set()
for writer in writers:
    writer.join(PATIENCE + 10)
print("quiet", flush=True)
if plan.get("waits"):
    sys.stdin.readline()  # until others' producers are quiet too
producersDone.set()
for group in groups:
    group.join(3 * PATIENCE)
if watcher:
    watcher.leaving.set()
    watcher.join(PATIENCE)
if "read" in plan:
    read(**plan["read"])
print("stopped", flush=True)
