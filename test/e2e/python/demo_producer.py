"""The original demo's first half: sends a picture's PNG bytes to the topic every few seconds.

usage: demo_producer.py BROKERS TOPIC FILE SECONDS COUNT
"""
import sys
import time

from kafka import KafkaProducer

brokers, topic, file, seconds, count = sys.argv[1:]
producer = KafkaProducer(bootstrap_servers=brokers)
with open(file, "rb") as picture:
    content = picture.read()
for _ in range(int(count)):
    producer.send(topic, content)
    producer.flush()
    print("sent", len(content), flush=True)
    time.sleep(float(seconds))
