"""Drives a broker with kafka-python 2.0.2, the library of the original demo; codecs and times with newer ones too. Ends with 0 when all held.

usage: client.py BROKERS SCENARIO
"""
import sys
import threading
import time

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic
from kafka.errors import TopicAlreadyExistsError

brokers, scenario = sys.argv[1:]


def codecs():
    for codec in (None, "gzip", "snappy", "lz4", "zstd"):
        topic = f"python-{codec or 'none'}"
        producer = KafkaProducer(bootstrap_servers=brokers, compression_type=codec, acks="all")
        sent = [(f"key-{i}".encode(), f"value {i} ".encode() * 10) for i in range(300)]
        results = [producer.send(topic, key=key, value=value, headers=[("codec", b"x")]) for key, value in sent]
        producer.flush(timeout=30)
        assert all(result.get(timeout=10).offset >= 0 for result in results)
        producer.close()
        consumer = KafkaConsumer(topic, bootstrap_servers=brokers, auto_offset_reset="earliest", consumer_timeout_ms=4000)
        got = []
        for record in consumer:
            got.append((record.key, record.value))
            assert record.headers == [("codec", b"x")], record.headers
            if len(got) == len(sent):
                break
        consumer.close()
        assert sorted(got) == sorted(sent), (codec, len(got))


def admin():
    admin = KafkaAdminClient(bootstrap_servers=brokers)
    admin.create_topics([NewTopic("made", num_partitions=2, replication_factor=1, topic_configs={"retention.ms": "60000"})])
    try:
        admin.create_topics([NewTopic("made", num_partitions=2, replication_factor=1)])
        raise AssertionError("made twice")
    except TopicAlreadyExistsError:
        pass
    assert "made" in admin.list_topics()
    described = admin.describe_topics(["made"])[0]
    assert len(described["partitions"]) == 2, described
    answer = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, "made")])[0]
    values = {entry[0]: entry[1] for entry in answer.resources[0][4]}
    assert values["retention.ms"] == "60000" and values["cleanup.policy"] == "delete", values
    assert len(values) > 25
    admin.delete_topics(["made"])
    assert "made" not in admin.list_topics()
    admin.close()


class Member(threading.Thread):
    """One consumer of the group in a thread of its own: kafka-python 2.0.2 blocks in poll() until it has joined."""

    def __init__(self):
        super().__init__(daemon=True)
        self.got, self.share, self.leaving = set(), set(), threading.Event()
        self.start()

    def run(self):
        consumer = KafkaConsumer("shared", bootstrap_servers=brokers, group_id="snakes", auto_offset_reset="earliest",
                                 session_timeout_ms=6000, heartbeat_interval_ms=300, enable_auto_commit=False)
        while not self.leaving.is_set():
            for records in consumer.poll(timeout_ms=100).values():
                self.got.update(int(record.value) for record in records)
            self.share = {partition.partition for partition in consumer.assignment()}
            if self.share:
                consumer.commit()
        consumer.close()


def until(holds, what, seconds=40):
    deadline = time.time() + seconds
    while not holds():
        assert time.time() < deadline, what
        time.sleep(0.05)


def groups():
    admin = KafkaAdminClient(bootstrap_servers=brokers)
    admin.create_topics([NewTopic("shared", num_partitions=4, replication_factor=1)])
    first, second = Member(), Member()
    until(lambda: len(first.share) == len(second.share) == 2, "two partitions each")
    producer = KafkaProducer(bootstrap_servers=brokers)
    for i in range(40):
        producer.send("shared", partition=i % 4, value=str(i).encode())
    producer.flush()
    until(lambda: first.got | second.got == set(range(40)), "all forty records")
    assert ("snakes", "consumer") in admin.list_consumer_groups()
    described = admin.describe_consumer_groups(["snakes"])[0]
    assert described.state == "Stable" and len(described.members) == 2, described
    second.leaving.set()
    until(lambda: first.share == {0, 1, 2, 3}, "all four partitions after the other has left")
    first.leaving.set()
    first.join(20)
    offsets = admin.list_consumer_group_offsets("snakes")
    committed = {partition.partition: value.offset for partition, value in offsets.items()}
    assert committed == {p: 10 for p in range(4)}, committed
    admin.close()


def times():
    producer = KafkaProducer(bootstrap_servers=brokers)
    start = int(time.time() * 1000) - 100_000
    for i in range(100):
        producer.send("timed", partition=0, value=str(i).encode(), timestamp_ms=start + i * 100)
    producer.flush()
    consumer = KafkaConsumer(bootstrap_servers=brokers, consumer_timeout_ms=5000)
    partition = TopicPartition("timed", 0)
    consumer.assign([partition])
    assert consumer.beginning_offsets([partition])[partition] == 0
    assert consumer.end_offsets([partition])[partition] == 100
    found = consumer.offsets_for_times({partition: start + 4950})[partition]
    assert (found.offset, found.timestamp) == (50, start + 5000), found
    assert consumer.offsets_for_times({partition: start + 99_999_999})[partition] is None
    consumer.seek(partition, found.offset)
    assert next(consumer).value == b"50"
    consumer.close()


def missing():
    consumer = KafkaConsumer(bootstrap_servers=brokers)
    assert consumer.partitions_for_topic("nobody-made-this") is None
    assert consumer.topics() == set(), consumer.topics()
    consumer.close()
    # A producer asks by name, which makes the topic (auto.create.topics.enable), as Kafka does.
    producer = KafkaProducer(bootstrap_servers=brokers)
    assert producer.send("made-by-asking", b"first").get(timeout=20).offset == 0
    producer.close()
    consumer = KafkaConsumer(bootstrap_servers=brokers)
    assert consumer.topics() == {"made-by-asking"}, consumer.topics()
    consumer.close()


{"codecs": codecs, "admin": admin, "groups": groups, "times": times, "missing": missing}[scenario]()
print("held")
