/** What a seed decides before its story begins: the machines, and settings that make much happen. */
import type { SeededRandom } from "../../../src/platform/memory/mod.ts";
import { CLIENT_PORT } from "./cluster_client.ts";
import { DATA_FOLDER } from "./machine.ts";

export const CONTROLLER_PORT = 9093;

export const RACKS = ["rack0", "rack1"];
/** Consumers read from who is in their rack (KIP-392). */
const RACK_AWARE = "org.apache.kafka.common.replica.RackAwareReplicaSelector";

export interface Setting {
  readonly nodes: readonly NodeSetting[];
  readonly controllers: readonly number[];
  readonly brokers: readonly number[];
  readonly replicationFactor: number;
  readonly minIsr: number;
  /** The log says who votes, and not the settings. */
  readonly isDynamic: boolean;
}

interface NodeSetting {
  readonly id: number;
  readonly settings: Record<string, string>;
  readonly dataFolders: readonly string[];
}

/** Who controls, who keeps records, and whether those who control are known from the start. */
interface Shape {
  readonly controllers: readonly number[];
  readonly brokers: readonly number[];
  readonly isDynamic: boolean;
}

const SHAPES: readonly Shape[] = [
  { controllers: [1, 2, 3], brokers: [1, 2, 3], isDynamic: false },
  { controllers: [1, 2, 3], brokers: [1, 2, 3], isDynamic: false },
  { controllers: [1, 2, 3], brokers: [1, 2, 3, 4], isDynamic: false },
  { controllers: [1, 2, 3], brokers: [4, 5, 6], isDynamic: false },
  { controllers: [1, 2, 3, 4, 5], brokers: [1, 2, 3, 4, 5], isDynamic: false },
  { controllers: [1, 2, 3], brokers: [1, 2, 3], isDynamic: true },
  { controllers: [1, 2, 3], brokers: [4, 5, 6, 7], isDynamic: false },
  { controllers: [1, 2, 3, 4, 5], brokers: [3, 4, 5, 6, 7], isDynamic: false },
  { controllers: [1, 2, 3, 4, 5], brokers: [1, 2, 3, 4, 5], isDynamic: true },
];

export function drawSetting(random: SeededRandom): Setting {
  const shape = random.pick(SHAPES);
  const { controllers, brokers } = shape;
  const replicationFactor = random.pick([3, 3, 3, 2]);
  const common: Record<string, string> = {
    "offsets.topic.num.partitions": random.pick(["1", "2"]),
    "offsets.topic.replication.factor": "3",
    "group.initial.rebalance.delay.ms": "0",
    "auto.create.topics.enable": "false",
    "log.initial.task.delay.ms": "500",
    "log.dir.reserve.bytes": random.pick(["0", "65536"]),
    "log.retention.check.interval.ms": random.pick(["1000", "20000"]),
    "log.scrub.interval.ms": "3000",
    "replica.high.watermark.checkpoint.interval.ms": random.pick(["300", "5000"]),
    "replica.lag.time.max.ms": random.pick(["2000", "10000", "30000"]),
    "broker.session.timeout.ms": random.pick(["3000", "9000"]),
    "broker.heartbeat.interval.ms": random.pick(["500", "2000"]),
    "metadata.log.max.record.bytes.between.snapshots": random.pick(["1000", "20971520"]),
    "metadata.max.retention.bytes": random.pick(["1500", "104857600"]),
    "controller.listener.names": "CONTROLLER",
  };
  if (random.chance(0.5)) common["replica.selector.class"] = RACK_AWARE;
  const ids = [...new Set([...controllers, ...brokers])];
  return {
    nodes: ids.map((id) => ({
      id,
      settings: { ...common, ...settingsOf(id, shape) },
      dataFolders: random.pick([[DATA_FOLDER], [DATA_FOLDER], [DATA_FOLDER, "/more"]]),
    })),
    controllers,
    brokers,
    replicationFactor,
    minIsr: 1 + random.int(2),
    isDynamic: shape.isDynamic,
  };
}

function settingsOf(id: number, { controllers, brokers, isDynamic }: Shape) {
  const [isController, isBroker] = [controllers.includes(id), brokers.includes(id)];
  const roles = [isBroker ? ["broker"] : [], isController ? ["controller"] : []].flat();
  const listeners = [
    isBroker ? [`PLAINTEXT://node${id}:${CLIENT_PORT}`] : [],
    isController ? [`CONTROLLER://node${id}:${CONTROLLER_PORT}`] : [],
  ].flat();
  return {
    "node.id": `${id}`,
    "process.roles": roles.join(),
    "listeners": listeners.join(),
    "broker.rack": RACKS[id % RACKS.length],
    ...(isDynamic ? joiningSettings(id, controllers) : votingSettings(controllers)),
  };
}

const addressOf = (id: number) => `node${id}:${CONTROLLER_PORT}`;

function votingSettings(controllers: readonly number[]): Record<string, string> {
  return {
    "controller.quorum.voters": controllers.map((id) => `${id}@${addressOf(id)}`).join(),
  };
}

/** The first begins the cluster, the others join it. */
function joiningSettings(id: number, controllers: readonly number[]): Record<string, string> {
  if (id === controllers[0]) return { "controller.quorum.new.cluster": "true" };
  return {
    "controller.quorum.bootstrap.servers": controllers.map(addressOf).join(),
    "controller.quorum.auto.join.enable": "true",
  };
}
