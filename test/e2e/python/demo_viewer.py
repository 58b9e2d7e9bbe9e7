"""The original demo's second half: a Flask page that streams the topic's pictures as multipart.

usage: demo_viewer.py BROKERS TOPIC PORT
"""
import sys

from flask import Flask, Response
from kafka import KafkaConsumer

brokers, topic, port = sys.argv[1:]
app = Flask(__name__)


def pictures():
    for record in KafkaConsumer(topic, bootstrap_servers=brokers, auto_offset_reset="earliest"):
        yield b"--frame\r\nContent-Type: image/png\r\n\r\n" + record.value + b"\r\n\r\n"


@app.route("/")
def index():
    return Response(pictures(), mimetype="multipart/x-mixed-replace; boundary=frame")


app.run(host="127.0.0.1", port=int(port))
