/**
 * The life of a broker in the cluster (KIP-631). It registers and gets an epoch; it is fenced, so
 * that nobody relies on it, until it has read the metadata up to its own registration; then it
 * leads and follows; it says that it wants to go, hands over what it leads, and is fenced again.
 * Who is silent for a session timeout is fenced as well.
 *
 * A broker that comes back under another incarnation is another broker under the same id: what the
 * last one led is taken from it first, then it registers. With a single broker every start
 * therefore ends one leader epoch (if the stop was not a clean one) and begins another.
 *
 * As long as the last one's session runs, another is refused, since two machines may have got one id
 * by mistake. Here we differ from Apache Kafka in one case: when all nodes have lost their power, the
 * controller that comes out of it gives everybody a session that nobody is left to use, and there
 * each broker waits out its own ghost's. Who comes to a controller that has not heard of the last
 * one, with the same log directories and at the same address, is let in at once: directories are
 * locked by the process that has them, so it is the same broker, started again.
 */
import {
  type BrokerImage,
  directoryOf,
  LEVEL,
  type MetadataImage,
  metadataRecord,
  RESERVED_DIRECTORIES,
  writtenVersion,
} from "../metadata/mod.ts";
import {
  type BrokerHeartbeatRequest,
  type BrokerHeartbeatResponse,
  type BrokerRegistrationRequest,
  type BrokerRegistrationResponse,
  type ControllerRegistrationRequest,
  type ControllerRegistrationResponse,
  errorCode,
  type ErrorName,
  KafkaError,
  type MetadataRecord,
  type UnregisterBrokerRequest,
  type UnregisterBrokerResponse,
} from "../protocol/mod.ts";
import type { Decision, DecisionContext } from "./decision.ts";
import { changePartitions, rulesOf } from "./elections.ts";
import { unsupportedFeature } from "./features.ts";
import { isActive } from "./placement.ts";

/** What the controller knows of brokers and the log does not. */
export interface BrokerLiveness {
  /** Whether the broker has been heard of within its session timeout. */
  isHeardOf(brokerId: number): boolean;
  /** That is a guess: this controller has not heard of it, and its predecessor had. */
  isAssumed(brokerId: number): boolean;
  /** Up to where a broker said it has read the metadata. */
  metadataOffset(brokerId: number): number;
  /** Where the record of its registration lies. */
  registrationOffset(brokerId: number): number;
  /** Where the record lies that says it is shutting down. */
  shutdownOffset(brokerId: number): number;
}

/** @param nextOffset where the next record will lie, which makes a fresh epoch */
export function registerBroker(
  request: BrokerRegistrationRequest,
  context: DecisionContext & { clusterId: string; nextOffset: number },
  liveness: BrokerLiveness,
): Decision<BrokerRegistrationResponse> {
  const { image } = context;
  const { brokerId, incarnationId } = request;
  const error = refusalOf(request, context, liveness);
  if (error !== undefined) {
    const response = { throttleTimeMs: 0, errorCode: errorCode(error), brokerEpoch: -1 };
    return { records: [], response };
  }
  const before = image.brokers.get(brokerId);
  const isSame = before?.incarnationId === incarnationId;
  const brokerEpoch = isSame ? before.brokerEpoch : context.nextOffset;
  const version = writtenVersion("RegisterBrokerRecord", image.metadataVersion);
  const registration = metadataRecord("RegisterBrokerRecord", version, {
    brokerId,
    incarnationId,
    brokerEpoch,
    endPoints: request.listeners,
    features: request.features,
    rack: request.rack,
    fenced: isSame ? before.fenced : true,
    inControlledShutdown: isSame ? before.inControlledShutdown : false,
    ...(version >= 3 ? { logDirs: request.logDirs } : {}),
    ...(version >= 4 && isSame ? { cordonedLogDirs: before.cordonedLogDirs } : {}),
  });
  return {
    records: [...(isSame ? [] : withoutFormer(request, context)), registration],
    response: { throttleTimeMs: 0, errorCode: 0, brokerEpoch },
  };
}

/** What the last one under this id led is taken from it; a stop that was not clean costs more. */
function withoutFormer(
  { brokerId, previousBrokerEpoch }: BrokerRegistrationRequest,
  context: DecisionContext,
): MetadataRecord[] {
  const wasClean = context.image.brokers.get(brokerId)?.brokerEpoch === previousBrokerEpoch;
  return wasClean ? withoutBroker(context, brokerId) : afterUncleanStop(context, brokerId);
}

function refusalOf(
  request: BrokerRegistrationRequest,
  { image, clusterId }: DecisionContext & { clusterId: string },
  liveness: BrokerLiveness,
): ErrorName | undefined {
  const { brokerId, incarnationId, listeners, features, logDirs } = request;
  if (request.clusterId !== clusterId) return "INCONSISTENT_CLUSTER_ID";
  const before = image.brokers.get(brokerId);
  if (before && before.incarnationId !== incarnationId && liveness.isHeardOf(brokerId)) {
    const isGhost = liveness.isAssumed(brokerId) && isStartedAgain(before, request);
    if (!isGhost) return "DUPLICATE_BROKER_REGISTRATION";
  }
  if (request.isMigratingZkBroker) return "BROKER_ID_NOT_REGISTERED";
  if (image.metadataVersion >= LEVEL.directories && !areFreeDirectories(image, brokerId, logDirs)) {
    return "INVALID_REGISTRATION";
  }
  if (!features.some(({ name }) => name === "metadata.version")) return "INVALID_REGISTRATION";
  if (unsupportedFeature(image.features, features) !== undefined) return "UNSUPPORTED_VERSION";
  const names = listeners.map(({ name }) => name);
  if (new Set(names).size < names.length || names.includes("")) return "INVALID_REGISTRATION";
  return undefined;
}

/** Whether a broker is the one that was registered, from its files and its address. */
function isStartedAgain(
  { logDirs, endPoints }: BrokerImage,
  request: BrokerRegistrationRequest,
): boolean {
  const asText = (points: readonly { name: string; host: string; port: number }[]) =>
    points.map(({ name, host, port }) => `${name} ${host} ${port}`).sort().join();
  const idsOf = (ids: readonly string[]) => ids.toSorted().join();
  return logDirs.length > 0 && idsOf(logDirs) === idsOf(request.logDirs) &&
    asText(endPoints) === asText(request.listeners);
}

function areFreeDirectories(image: MetadataImage, brokerId: number, logDirs: readonly string[]) {
  if (logDirs.length === 0 || new Set(logDirs).size < logDirs.length) return false;
  if (logDirs.some((id) => RESERVED_DIRECTORIES.includes(id))) return false;
  const others = [...image.brokers.values()].filter((broker) => broker.brokerId !== brokerId);
  return !others.some((broker) => broker.logDirs.some((id) => logDirs.includes(id)));
}

export function heartbeat(
  request: BrokerHeartbeatRequest,
  context: DecisionContext,
  liveness: BrokerLiveness,
): Decision<BrokerHeartbeatResponse> {
  const { image } = context;
  const { brokerId, brokerEpoch, wantFence, wantShutDown } = request;
  const broker = image.brokers.get(brokerId);
  if (broker?.brokerEpoch !== brokerEpoch) {
    return {
      records: [],
      response: {
        throttleTimeMs: 0,
        errorCode: errorCode("STALE_BROKER_EPOCH"),
        isCaughtUp: false,
        isFenced: true,
        shouldShutDown: false,
      },
    };
  }
  const isCaughtUp = request.currentMetadataOffset >= liveness.registrationOffset(brokerId);
  const answer = (records: MetadataRecord[], isFenced: boolean, shouldShutDown = false) => ({
    records: [
      ...lostDirectories(request, context),
      ...records,
      ...cordoned(request, context),
    ],
    response: { throttleTimeMs: 0, errorCode: 0, isCaughtUp, isFenced, shouldShutDown },
  });

  if (broker.fenced) {
    if (wantShutDown) return answer([], true, true);
    if (wantFence || !isCaughtUp) return answer([], true);
    return answer(unfence(context, brokerId), false);
  }
  if (broker.inControlledShutdown) {
    const isDone = mayStop(context, liveness, brokerId);
    return isDone ? answer(fence(context, brokerId), true, true) : answer([], false);
  }
  if (wantFence) return answer(fence(context, brokerId), true, wantShutDown);
  if (!wantShutDown) return answer([], false);
  if (leads(image, brokerId)) return answer(beginShutdown(context, brokerId), false);
  return answer(fence(context, brokerId), true, true);
}

/** Fences a broker: it leads no more, and leaves the ISRs in which there is another. */
export function fence(context: DecisionContext, brokerId: number): MetadataRecord[] {
  return [brokerChange(context, brokerId, { fenced: 1 }), ...withoutBroker(context, brokerId)];
}

function unfence(context: DecisionContext, brokerId: number): MetadataRecord[] {
  const isAlive = (id: number) => id === brokerId || isActive(context.image.brokers.get(id));
  return [
    brokerChange(context, brokerId, { fenced: -1 }),
    ...changePartitions(
      context,
      rulesOf(context, isAlive),
      ({ leader }) => leader < 0 ? {} : undefined,
    ),
  ];
}

function beginShutdown(context: DecisionContext, brokerId: number): MetadataRecord[] {
  return [
    brokerChange(context, brokerId, { inControlledShutdown: 1 }),
    ...withoutBroker(context, brokerId),
  ];
}

const leads = ({ topics }: MetadataImage, brokerId: number): boolean =>
  [...topics.values()].some(({ partitions }) =>
    partitions.some(({ leader }) => leader === brokerId)
  );

/** A broker may stop when it leads nothing and the others know of it. */
function mayStop({ image }: DecisionContext, liveness: BrokerLiveness, brokerId: number): boolean {
  if (leads(image, brokerId)) return false;
  const others = [...image.brokers.values()].filter((broker) =>
    broker.brokerId !== brokerId && isActive(broker)
  );
  return others.every((other) =>
    liveness.metadataOffset(other.brokerId) >= liveness.shutdownOffset(brokerId)
  );
}

function withoutBroker(context: DecisionContext, brokerId: number): MetadataRecord[] {
  const { image } = context;
  const isAlive = (id: number) => id !== brokerId && isActive(image.brokers.get(id));
  return changePartitions(context, rulesOf(context, isAlive), (partition) => {
    const { isr, leader } = partition;
    if (leader !== brokerId && !isr.includes(brokerId)) return undefined;
    return { isr: isr.filter((id) => id !== brokerId) };
  });
}

/**
 * Of what a broker held when it stopped without a word, the end may be lost: it is in no ISR and
 * not eligible to lead (KIP-966). Before that feature its word still counted.
 */
function afterUncleanStop(context: DecisionContext, brokerId: number): MetadataRecord[] {
  const { image } = context;
  const isAlive = (id: number) => id !== brokerId && isActive(image.brokers.get(id));
  return changePartitions(context, rulesOf(context, isAlive), (partition) => {
    const { isr, leader, eligibleLeaderReplicas } = partition;
    const isConcerned = leader === brokerId || isr.includes(brokerId) ||
      eligibleLeaderReplicas.includes(brokerId);
    if (!isConcerned) return undefined;
    return { isr: isr.filter((id) => id !== brokerId), uncleanBroker: brokerId };
  });
}

/**
 * UnregisterBroker (64): forgets a broker that will not come back. It leads no more and leaves the
 * ISRs; its replicas stay assigned, since somebody has to say where they shall go.
 */
export function unregisterBroker(
  { brokerId }: UnregisterBrokerRequest,
  context: DecisionContext,
): Decision<UnregisterBrokerResponse> {
  const broker = context.image.brokers.get(brokerId);
  if (broker === undefined) {
    const { code, message } = new KafkaError(
      "BROKER_ID_NOT_REGISTERED",
      `Cannot unregister broker ${brokerId}: it is not registered`,
    );
    return { records: [], response: { throttleTimeMs: 0, errorCode: code, errorMessage: message } };
  }
  const { brokerEpoch } = broker;
  const records = [
    ...withoutBroker(context, brokerId),
    metadataRecord("UnregisterBrokerRecord", 0, { brokerId, brokerEpoch }),
  ];
  return { records, response: { throttleTimeMs: 0, errorCode: 0, errorMessage: "" } };
}

type Change = {
  fenced?: number;
  inControlledShutdown?: number;
  logDirs?: string[];
  cordonedLogDirs?: string[];
};

/** In the lowest version that says it, as Kafka writes it. */
function brokerChange(
  { image }: DecisionContext,
  brokerId: number,
  change: Change,
): MetadataRecord {
  const { brokerEpoch } = image.brokers.get(brokerId)!;
  const version = change.cordonedLogDirs
    ? 3
    : change.logDirs
    ? 2
    : change.inControlledShutdown
    ? 1
    : 0;
  return metadataRecord("BrokerRegistrationChangeRecord", version, {
    brokerId,
    brokerEpoch,
    ...change,
  });
}

/**
 * Directories that failed since they were registered: what lies in them is led by others from here
 * on, or by nobody.
 */
function lostDirectories(
  { brokerId, offlineLogDirs }: BrokerHeartbeatRequest,
  context: DecisionContext,
): MetadataRecord[] {
  const { image } = context;
  const { logDirs } = image.brokers.get(brokerId)!;
  const lost = logDirs.filter((id) => offlineLogDirs.includes(id));
  if (lost.length === 0 || image.metadataVersion < LEVEL.directories) return [];
  const rules = rulesOf(context);
  const isOnline: typeof rules.isOnline = (id, directory) =>
    !lost.includes(directory ?? "") && rules.isOnline(id, directory);
  const leaderless = changePartitions(context, { ...rules, isOnline }, (partition) => {
    if (!lost.includes(directoryOf(partition, brokerId) ?? "")) return undefined;
    return { isr: partition.isr.filter((id) => id !== brokerId) };
  });
  const left = logDirs.filter((id) => !lost.includes(id));
  return [...leaderless, brokerChange(context, brokerId, { logDirs: left })];
}

/** null: the broker cannot tell yet. */
function cordoned(request: BrokerHeartbeatRequest, context: DecisionContext): MetadataRecord[] {
  const { image } = context;
  const { brokerId, cordonedLogDirs } = request;
  if (cordonedLogDirs === null || image.metadataVersion < LEVEL.cordonedLogDirs) return [];
  const known = image.brokers.get(brokerId)!.cordonedLogDirs;
  const isSame = known?.length === cordonedLogDirs.length &&
    known.every((id) => cordonedLogDirs.includes(id));
  return isSame ? [] : [brokerChange(context, brokerId, { cordonedLogDirs })];
}

/** ControllerRegistration (70): a controller makes its addresses and features known (KIP-919). */
export function registerController(
  request: ControllerRegistrationRequest,
  { image }: DecisionContext,
): Decision<ControllerRegistrationResponse> {
  const answer = (error?: KafkaError) => ({
    throttleTimeMs: 0,
    errorCode: error?.code ?? 0,
    errorMessage: error?.message ?? null,
  });
  const { listeners, features, ...rest } = request;
  if (image.metadataVersion < LEVEL.registerController) {
    return { records: [], response: answer(new KafkaError("UNSUPPORTED_VERSION")) };
  }
  const unsupported = unsupportedFeature(image.features, features);
  if (unsupported !== undefined) {
    const { name, level } = unsupported;
    const why = `Controller ${request.controllerId} cannot live with ${name} at level ${level}`;
    return { records: [], response: answer(new KafkaError("UNSUPPORTED_VERSION", why)) };
  }
  const value = { ...rest, endPoints: listeners, features };
  return { records: [metadataRecord("RegisterControllerRecord", 0, value)], response: answer() };
}
