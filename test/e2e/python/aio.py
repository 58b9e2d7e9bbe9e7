"""Drives a broker with aiokafka. Ends with 0 and "held" when all held.

usage: aio.py BROKERS SCENARIO
"""
import asyncio
import sys
import time

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

brokers, scenario = sys.argv[1:]


async def records():
    for codec in (None, "gzip"):
        topic = f"aio-{codec}"
        async with AIOKafkaProducer(bootstrap_servers=brokers, compression_type=codec, enable_idempotence=True) as producer:
            sent = [(f"key-{i}".encode(), f"value {i} ".encode() * 10) for i in range(300)]
            answers = [await producer.send(topic, key=key, value=value, headers=[("codec", b"x")]) for key, value in sent]
            offsets = [(await answer).offset for answer in answers]
        assert offsets == list(range(300)), offsets[:5]
        async with AIOKafkaConsumer(topic, bootstrap_servers=brokers, auto_offset_reset="earliest") as consumer:
            got = [await asyncio.wait_for(consumer.getone(), 20) for _ in sent]
        assert [(record.key, record.value) for record in got] == sent, codec
        assert all(list(record.headers) == [("codec", b"x")] for record in got)


async def groups():
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
    await admin.start()
    await admin.create_topics([NewTopic("shared", num_partitions=4, replication_factor=1)])

    def member():
        return AIOKafkaConsumer("shared", bootstrap_servers=brokers, group_id="loop", auto_offset_reset="earliest",
                                session_timeout_ms=6000, heartbeat_interval_ms=300, enable_auto_commit=False,
                                metadata_max_age_ms=1000)

    first, second = member(), member()
    await asyncio.gather(first.start(), second.start())
    await until(lambda: len(first.assignment()) == len(second.assignment()) == 2, "two partitions each")
    async with AIOKafkaProducer(bootstrap_servers=brokers) as producer:
        for i in range(40):
            await producer.send_and_wait("shared", str(i).encode(), partition=i % 4)
    got, deadline = set(), time.time() + 20
    while len(got) < 40:
        assert time.time() < deadline, sorted(got)
        for consumer in (first, second):
            for batch in (await consumer.getmany(timeout_ms=50)).values():
                got |= {int(record.value) for record in batch}
            await consumer.commit()
    await second.stop()
    await until(lambda: len(first.assignment()) == 4, "all four partitions after the other has left")
    assert [await first.committed(TopicPartition("shared", p)) for p in range(4)] == [10] * 4
    await first.stop()
    assert ("loop", "consumer") in [group[:2] for group in await admin.list_consumer_groups()]
    await admin.close()


async def until(holds, what, seconds=40):
    deadline = time.time() + seconds
    while not holds():
        assert time.time() < deadline, what
        await asyncio.sleep(0.05)


async def admin():
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
    await admin.start()
    await admin.create_topics([NewTopic("made", num_partitions=2, replication_factor=1, topic_configs={"retention.ms": "60000"})])
    assert "made" in await admin.list_topics()
    await admin.create_partitions({"made": NewPartitions(3)})
    described, = await admin.describe_topics(["made"])
    assert len(described["partitions"]) == 3, described
    answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, "made")])
    values = {entry[0]: entry[1] for entry in answers[0].resources[0][4]}
    assert values["retention.ms"] == "60000", values
    await admin.delete_topics(["made"])
    assert "made" not in await admin.list_topics()
    await admin.close()


async def times():
    start = int(time.time() * 1000) - 100_000
    async with AIOKafkaProducer(bootstrap_servers=brokers) as producer:
        for i in range(100):
            await producer.send_and_wait("timed", str(i).encode(), partition=0, timestamp_ms=start + i * 100)
    partition = TopicPartition("timed", 0)
    async with AIOKafkaConsumer(bootstrap_servers=brokers) as consumer:
        consumer.assign([partition])
        assert await consumer.beginning_offsets([partition]) == {partition: 0}
        assert await consumer.end_offsets([partition]) == {partition: 100}
        found = (await consumer.offsets_for_times({partition: start + 4950}))[partition]
        assert (found.offset, found.timestamp) == (50, start + 5000), found
        consumer.seek(partition, found.offset)
        record: ConsumerRecord = await asyncio.wait_for(consumer.getone(), 10)
        assert record.value == b"50"


asyncio.run({"records": records, "groups": groups, "admin": admin, "times": times}[scenario]())
print("held")
