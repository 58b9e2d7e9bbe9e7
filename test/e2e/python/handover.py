"""What clients do with a cluster that is handed from one broker to the other, with confluent-kafka.

usage: handover.py BROKERS fill
       handover.py BROKERS round N kafka|streamer

`fill` leaves something of every kind behind, on Apache Kafka. Round N goes on where round N-1 (or
`fill`, round 0) has ended, and checks that nothing is missing, doubled or uncommitted.
"""
import sys
import time

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import (
    AclBinding, AclOperation, AclPermissionType, AdminClient, NewTopic, ResourcePatternType, ResourceType,
    ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion,
)

base = {"bootstrap.servers": sys.argv[1]}
EVENTS = "events"
TOPICS = {EVENTS: "delete", "table": "compact", "both": "compact,delete"}
RECORDS = 20
ROUND = 5


def done(futures):
    for future in futures.values():
        future.result(30)


def produce(topic, values, **config):
    failures = []
    producer = Producer({**base, "enable.idempotence": True, **config})
    for value in values:
        producer.produce(topic, key=b"k", value=value.encode(), partition=0,
                         on_delivery=lambda error, _: error and failures.append(error))
    assert producer.flush(30) == 0 and not failures, failures


def consume(count, group, **config):
    """The next records that the group gets; its position is committed behind them."""
    consumer = Consumer({**base, "group.id": group, "auto.offset.reset": "earliest",
                         "isolation.level": "read_committed", "enable.auto.commit": False, **config})
    consumer.subscribe([EVENTS])
    got, deadline = [], time.time() + 40
    while len(got) < count and time.time() < deadline:
        message = consumer.poll(0.2)
        if message is None:
            continue
        assert message.error() is None, message.error()
        got.append(message.value().decode())
    consumer.commit(asynchronous=False)
    consumer.close()
    return got


def committed(group):
    admin = AdminClient(base)  # gone too soon, it takes its answers along
    [future] = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]).values()
    return [(each.topic, each.offset) for each in future.result(30).topic_partitions]


def within_transaction(transactional_id, values, offset, commit):
    producer = Producer({**base, "transactional.id": transactional_id})
    producer.init_transactions(30)
    producer.begin_transaction()
    for value in values:
        producer.produce(EVENTS, key=b"k", value=value.encode(), partition=0)
    reader = Consumer({**base, "group.id": "in-transactions"})
    producer.send_offsets_to_transaction(
        [TopicPartition(EVENTS, 0, offset)], reader.consumer_group_metadata(), 30)
    producer.commit_transaction(30) if commit else producer.abort_transaction(30)
    reader.close()


def of_round(n):
    return [f"round-{n}-{i}" for i in range(ROUND)]


def fill():
    admin = AdminClient(base)
    done(admin.create_topics([
        NewTopic(name, num_partitions=1, config={"cleanup.policy": policy, "min.compaction.lag.ms": "1"})
        for name, policy in TOPICS.items()]))
    first = [f"fill-{i}" for i in range(RECORDS)]
    for topic in TOPICS:
        produce(topic, first)
    assert consume(RECORDS, "classic") == first
    assert consume(RECORDS, "kip-848", **{"group.protocol": "consumer"}) == first
    within_transaction("tx-1", ["committed-1", "committed-2"], 7, True)
    within_transaction("tx-2", ["aborted-1"], 9, False)
    done(admin.alter_user_scram_credentials([UserScramCredentialUpsertion(
        "alice", ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096), b"secret", b"salt")]))
    done(admin.create_acls([AclBinding(
        ResourceType.TOPIC, "table", ResourcePatternType.LITERAL, "User:alice", "*", AclOperation.READ,
        AclPermissionType.ALLOW)]))
    produce(EVENTS, of_round(0))


def round(n, who):
    before = (["committed-1", "committed-2"] if n == 1 else []) + of_round(n - 1)
    assert consume(len(before), "classic") == before
    assert committed("in-transactions") == [(EVENTS, 7)], committed("in-transactions")
    if who == "kafka":  # the group has not been looked at since the last round there, or `fill`
        missed = (["committed-1", "committed-2"] if n == 2 else []) + of_round(n - 2) + of_round(n - 1)
        assert consume(len(missed), "kip-848", **{"group.protocol": "consumer"}) == missed
        within_transaction("tx-1", [], 7, True)
    else:
        [(topic, offset)] = committed("kip-848")
        assert topic == EVENTS and offset >= RECORDS, offset
        refused = None
        try:
            consume(1, "kip-848")
        except AssertionError as error:
            refused = str(error)
        assert refused and "INCONSISTENT_GROUP_PROTOCOL" in refused, refused
    for topic in ("table", "both"):
        produce(topic, of_round(n))
    produce(EVENTS, of_round(n))


fill() if sys.argv[2] == "fill" else round(int(sys.argv[3]), sys.argv[4])
print("held")
