"""Drives a broker with the newest kafka-python, where it is not used as the oldest one is (client.py). Ends with 0 and "held" when all held.

usage: kafka_python_3.py BROKERS SCENARIO
"""
import sys
import threading
import time

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic

brokers, scenario = sys.argv[1:]


def idempotent():
    producer = KafkaProducer(bootstrap_servers=brokers, compression_type="gzip", acks="all", enable_idempotence=True)
    results = [producer.send("once", key=f"key-{i}".encode(), value=b"value " * 10) for i in range(300)]
    producer.flush(timeout=30)
    assert [result.get(timeout=10).offset for result in results] == list(range(300))
    producer.close()


def admin():
    admin = KafkaAdminClient(bootstrap_servers=brokers)
    admin.create_topics([NewTopic("made", num_partitions=2, replication_factor=1, topic_configs={"retention.ms": "60000"})])
    assert "made" in admin.list_topics()
    admin.create_partitions({"made": NewPartitions(3)})
    described, = admin.describe_topics(["made"])
    assert len(described["partitions"]) == 3, described
    answer = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, "made")])
    assert "60000" in str(answer), answer
    admin.delete_topics(["made"])
    assert "made" not in admin.list_topics()
    admin.close()


class Member(threading.Thread):
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
    second.leaving.set()
    until(lambda: first.share == {0, 1, 2, 3}, "all four partitions after the other has left")
    first.leaving.set()
    first.join(20)
    consumer = KafkaConsumer(bootstrap_servers=brokers, group_id="snakes")
    assert [consumer.committed(TopicPartition("shared", p)) for p in range(4)] == [10] * 4
    consumer.close()
    admin.close()


{"idempotent": idempotent, "admin": admin, "groups": groups}[scenario]()
print("held")
