"""Drives a broker with confluent-kafka (librdkafka). Ends with 0 and "held" when all held.

usage: confluent.py BROKERS SCENARIO
"""
import sys
import threading
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, ConsumerGroupState, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic, OffsetSpec, ResourceType,
)
from confluent_kafka import ConsumerGroupTopicPartitions, IsolationLevel, KafkaException, TopicCollection

brokers, scenario = sys.argv[1:]
base = {"bootstrap.servers": brokers}


def done(futures, seconds=30):
    """What each of an admin call's futures resolves to."""
    return {key: future.result(seconds) for key, future in futures.items()}


def produced(topic, records, **config):
    failures = []
    producer = Producer({**base, "linger.ms": 5, **config})
    for key, value in records:
        producer.produce(topic, key=key, value=value, headers=[("from", b"confluent")],
                         on_delivery=lambda error, _: error and failures.append(error))
        producer.poll(0)
    assert producer.flush(30) == 0
    assert not failures, failures[:3]


def consumed(topic, count, seconds=30, **config):
    consumer = Consumer({**base, "group.id": f"all-{topic}", "auto.offset.reset": "earliest", **config})
    consumer.subscribe([topic])
    got, deadline = [], time.time() + seconds
    while len(got) < count and time.time() < deadline:
        message = consumer.poll(0.2)
        if message is None:
            continue
        assert message.error() is None, message.error()
        assert message.headers() == [("from", b"confluent")]
        got.append((message.key(), message.value()))
    consumer.close()
    return got


def codecs():
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        records = [(f"key-{i}".encode(), f"value {i} ".encode() * 10) for i in range(300)]
        produced(f"packed-{codec}", records, **{"compression.type": codec, "enable.idempotence": True})
        assert consumed(f"packed-{codec}", 300) == records, codec


def admin():
    admin = AdminClient(base)
    done(admin.create_topics([NewTopic("made", num_partitions=2, config={"retention.ms": "60000"})]))
    try:
        done(admin.create_topics([NewTopic("made", num_partitions=2)]))
        raise AssertionError("made twice")
    except KafkaException as error:
        assert error.args[0].name() == "TOPIC_ALREADY_EXISTS", error
    assert len(admin.describe_cluster().result(30).nodes) == 1
    done(admin.create_partitions([NewPartitions("made", 4)]))
    described = done(admin.describe_topics(TopicCollection(["made"])))["made"]
    assert len(described.partitions) == 4 and not described.is_internal, described
    resource = ConfigResource(ResourceType.TOPIC, "made")
    assert done(admin.describe_configs([resource]))[resource]["retention.ms"].value == "60000"
    change = ConfigEntry("retention.ms", "120000", incremental_operation=AlterConfigOpType.SET)
    done(admin.incremental_alter_configs([ConfigResource(ResourceType.TOPIC, "made", incremental_configs=[change])]))
    assert done(admin.describe_configs([resource]))[resource]["retention.ms"].value == "120000"

    producer = Producer(base)
    for i in range(10):
        producer.produce("made", value=str(i), partition=0)
    producer.flush(30)
    zero = TopicPartition("made", 0)
    latest = lambda spec: done(admin.list_offsets({zero: spec}))[zero].offset
    assert latest(OffsetSpec.latest()) == 10 and latest(OffsetSpec.earliest()) == 0
    cut = done(admin.delete_records([TopicPartition("made", 0, 4)]))[zero]
    assert cut.low_watermark == 4 and latest(OffsetSpec.earliest()) == 4
    done(admin.delete_topics(["made"]))
    assert "made" not in admin.list_topics(timeout=10).topics


class Member(threading.Thread):
    """One consumer of a group, with the partitions that it has been given."""

    def __init__(self, **config):
        super().__init__(daemon=True)
        self.share, self.got, self.taken, self.leaving = set(), set(), 0, threading.Event()
        self.config = {**base, "auto.offset.reset": "earliest", "session.timeout.ms": 10000,
                       "heartbeat.interval.ms": 300, "enable.auto.commit": False, **config}
        self.start()

    def run(self):
        consumer = Consumer(self.config)
        isCooperative = self.config.get("partition.assignment.strategy") == "cooperative-sticky"

        def given(consumer, partitions):
            self.share |= {each.partition for each in partitions}
            (consumer.incremental_assign if isCooperative else consumer.assign)(partitions)

        def taken(consumer, partitions):
            self.taken += len(partitions)
            self.share -= {each.partition for each in partitions}
            consumer.incremental_unassign(partitions) if isCooperative else consumer.unassign()

        consumer.subscribe([self.config["group.id"]], on_assign=given, on_revoke=taken)
        while not self.leaving.is_set():
            message = consumer.poll(0.1)
            if message is not None and message.error() is None:
                self.got.add(int(message.value()))
                try:
                    consumer.commit(message, asynchronous=False)
                except KafkaException as error:  # the group has moved on; who gets the partition next reads it again
                    assert error.args[0].name() in ("ILLEGAL_GENERATION", "REBALANCE_IN_PROGRESS"), error
        consumer.close()


def until(holds, what, seconds=40):
    deadline = time.time() + seconds
    while not holds():
        assert time.time() < deadline, what
        time.sleep(0.05)


def groups():
    admin = AdminClient(base)
    for strategy in ("range", "cooperative-sticky"):
        group = f"shared-{strategy}"  # and the topic's name
        done(admin.create_topics([NewTopic(group, num_partitions=4)]))
        config = {"group.id": group, "partition.assignment.strategy": strategy}
        first = Member(**config)
        until(lambda: first.share == {0, 1, 2, 3}, "all four partitions")
        second = Member(**config, **{"group.instance.id": "fixed"})
        until(lambda: len(first.share) == len(second.share) == 2, f"two partitions each with {strategy}")
        if strategy == "cooperative-sticky":
            assert first.taken == 2, f"{first.taken} partitions were taken away, and two were enough"
        producer = Producer(base)
        for i in range(40):
            producer.produce(group, value=str(i), partition=i % 4)
        producer.flush(30)
        until(lambda: first.got | second.got == set(range(40)), "all forty records")
        described = done(admin.describe_consumer_groups([group]))[group]
        assert described.state == ConsumerGroupState.STABLE and len(described.members) == 2, described
        assert {member.group_instance_id for member in described.members} == {None, "fixed"}
        first.leaving.set()
        second.leaving.set()
        first.join(20)
        second.join(20)
        # A static member stays until its session ends; nobody else keeps the group from being deleted.
        until(lambda: done(admin.describe_consumer_groups([group]))[group].state == ConsumerGroupState.EMPTY, "empty")
        listed = done(admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]))[group]
        assert [each.offset for each in listed.topic_partitions] == [10] * 4, listed
        moved = [TopicPartition(group, 0, 3)]
        done(admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(group, moved)]))
        asked = ConsumerGroupTopicPartitions(group, [TopicPartition(group, 0)])
        assert done(admin.list_consumer_group_offsets([asked]))[group].topic_partitions[0].offset == 3
        done(admin.delete_consumer_groups([group]))
    names = {each.group_id for each in admin.list_consumer_groups().result(30).valid}
    assert not names & {"shared-range", "shared-cooperative-sticky"}, names


def times():
    producer = Producer(base)
    start = int(time.time() * 1000) - 100_000
    for i in range(100):
        producer.produce("timed", value=str(i), partition=0, timestamp=start + i * 100)
    producer.flush(30)
    consumer = Consumer({**base, "group.id": "timekeeper"})
    found, = consumer.offsets_for_times([TopicPartition("timed", 0, start + 4950)], timeout=10)
    assert found.offset == 50, found
    assert consumer.get_watermark_offsets(TopicPartition("timed", 0), timeout=10) == (0, 100)
    consumer.assign([found])
    assert consumer.consume(1, timeout=10)[0].value() == b"50"
    consumer.seek(TopicPartition("timed", 0, OFFSET_BEGINNING))
    assert consumer.consume(1, timeout=10)[0].value() == b"0"
    consumer.close()
    admin = AdminClient(base)
    zero = TopicPartition("timed", 0)
    largest = done(admin.list_offsets({zero: OffsetSpec.max_timestamp()}, isolation_level=IsolationLevel.READ_COMMITTED))
    assert (largest[zero].offset, largest[zero].timestamp) == (99, start + 9900)


{"codecs": codecs, "admin": admin, "groups": groups, "times": times}[scenario]()
print("held")
