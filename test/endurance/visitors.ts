/** Whole client programs that come, do one thing and go: kcat, and the oldest kafka-python. */
import { hasProgram, hasPythonModule, runProgram } from "../kit/programs.ts";

const OLD_PYTHON = `
import sys
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
brokers = sys.argv[1]
producer = KafkaProducer(bootstrap_servers=brokers, acks="all")
for i in range(10):
    producer.send("visits", key=b"old", value=b"%d" % i).get(timeout=20)
producer.close()
consumer = KafkaConsumer("visits", bootstrap_servers=brokers, group_id="visitors",
                         auto_offset_reset="earliest", consumer_timeout_ms=3000)
print(sum(1 for _ in consumer), "records")
consumer.close()
`;

const python = "/usr/bin/python3";
const visitors: ((brokers: string) => [command: string, args: string[]])[] = [
  ...hasProgram("kcat")
    ? [
      (brokers: string) => ["kcat", ["-b", brokers, "-L"]],
      (
        brokers: string,
      ) => ["kcat", ["-b", brokers, "-C", "-t", "disk", "-o", "-5", "-c", "10", "-q"]],
      (
        brokers: string,
      ) => ["kcat", ["-b", brokers, "-C", "-t", "repacked", "-o", "-5", "-c", "10", "-q"]],
    ] satisfies ((brokers: string) => [string, string[]])[]
    : [],
  ...hasPythonModule("kafka", python)
    ? [(brokers: string): [string, string[]] => [python, ["-c", OLD_PYTHON, brokers]]]
    : [],
];

/** The next visitor comes and goes. Throws when it did not get what it came for. */
export async function visit(brokers: string, turn: number): Promise<void> {
  if (visitors.length === 0) return;
  const [command, args] = visitors[turn % visitors.length](brokers);
  await runProgram(command, args, { withinMs: 30_000 });
}
