/**
 * UpdateFeatures (57): raises or lowers what the cluster has agreed on (KIP-584, KIP-778). All
 * updates of a request are made or none is; the answer then tells of the first that cannot be, in
 * the order of Kafka's checks. A level is one that this controller and every node that is
 * registered can live with; metadata.version goes down only where no record would lose anything;
 * kraft.version belongs to the quorum, which writes it itself, and never goes down.
 */
import {
  haveSameRecords,
  METADATA_VERSION,
  type MetadataImage,
  metadataRecord,
} from "../metadata/mod.ts";
import {
  KafkaError,
  type MetadataRecord,
  type UpdateFeaturesRequest,
  type UpdateFeaturesResponse,
} from "../protocol/mod.ts";
import type { Decision, DecisionContext } from "./decision.ts";
import { hasElr, minIsrRecords } from "./elr_settings.ts";
import { ELR_VERSION, KRAFT_VERSION, SUPPORTED_FEATURES } from "./features.ts";

const UPGRADE = 1, SAFE_DOWNGRADE = 2, UNSAFE_DOWNGRADE = 3;

/** A feature that works only above a metadata.version. */
const NEEDS_METADATA_VERSION: ReadonlyMap<string, number> = new Map([[ELR_VERSION, 23]]);

export interface FeaturesDecision extends Decision<UpdateFeaturesResponse> {
  /** What the quorum is to write in its own records, when that is asked for. */
  readonly kraftVersion?: number;
}

export interface FeaturesContext extends DecisionContext {
  /** This controller's id, for words. */
  readonly nodeId: number;
  /** The level that the quorum's own records say. */
  readonly kraftVersion: number;
  /** Why the quorum cannot go to level 1 here; undefined when it can. */
  readonly whyNotKraftVersion1?: string;
}

type Update = UpdateFeaturesRequest["featureUpdates"][number];

export function updateFeatures(
  { featureUpdates, validateOnly }: UpdateFeaturesRequest,
  version: number,
  context: FeaturesContext,
): FeaturesDecision {
  const after = new Map([...context.image.features, [KRAFT_VERSION, context.kraftVersion]]);
  const wanted = new Map<string, number>();
  try {
    for (const update of featureUpdates) {
      check(update, version, context);
      wanted.set(update.feature, update.maxVersionLevel);
      after.set(update.feature, update.maxVersionLevel);
    }
    for (const [feature, level] of wanted) checkNeeds(feature, level, after);
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    const { code: errorCode } = error;
    const errorMessage = `Cannot update any of the features: ${error.message}`;
    return { records: [], response: { throttleTimeMs: 0, errorCode, errorMessage, results: [] } };
  }
  const results = featureUpdates.map(({ feature }) => ({
    feature,
    errorCode: 0,
    errorMessage: "NONE", // Kafka's word for it
  }));
  const response = { throttleTimeMs: 0, errorCode: 0, errorMessage: null, results };
  if (validateOnly) return { records: [], response };
  const kraftVersion = wanted.get(KRAFT_VERSION);
  const isNew = kraftVersion !== undefined && kraftVersion > context.kraftVersion;
  return { records: recordsOf(wanted, context), response, ...(isNew ? { kraftVersion } : {}) };
}

/** metadata.version first: the levels behind it may stand on it. */
function recordsOf(wanted: ReadonlyMap<string, number>, context: FeaturesContext) {
  const { image, config } = context;
  const records: MetadataRecord[] = [];
  const inOrder = [...wanted].sort(([a], [b]) =>
    Number(b === METADATA_VERSION) - Number(a === METADATA_VERSION)
  );
  for (const [name, featureLevel] of inOrder) {
    if (name === KRAFT_VERSION) continue;
    if (name === ELR_VERSION && featureLevel > 0 && !hasElr(image)) {
      records.push(...minIsrRecords(image, config));
    }
    records.push(metadataRecord("FeatureLevelRecord", 0, { name, featureLevel }));
  }
  return records;
}

function refuse(feature: string, level: number, why: string): never {
  throw new KafkaError("INVALID_UPDATE_VERSION", `${feature} cannot be at level ${level}: ${why}`);
}

function check(
  { feature, maxVersionLevel: level, ...rest }: Update,
  version: number,
  context: FeaturesContext,
) {
  // Version 0 has a flag that allows to go down, which Kafka does not read any more.
  const upgradeType = version === 0 ? UPGRADE : rest.upgradeType;
  const isDowngrade = upgradeType === SAFE_DOWNGRADE || upgradeType === UNSAFE_DOWNGRADE;
  if (upgradeType !== UPGRADE && !isDowngrade) {
    refuse(feature, level, `${upgradeType} is no type of upgrade`);
  }
  if (level < 0) refuse(feature, level, "a level is not negative");
  checkSupported(feature, level, context);
  const current = feature === KRAFT_VERSION
    ? context.kraftVersion
    : feature === METADATA_VERSION
    ? context.image.metadataVersion
    : context.image.features.get(feature) ?? 0;
  if (level < current && !isDowngrade) {
    refuse(feature, level, `it is at ${current}, and going down has to be asked for`);
  }
  if (level > current && isDowngrade) refuse(feature, level, `down from ${current} is not up`);
  if (feature === METADATA_VERSION && level < current) {
    checkMetadataDowngrade(level, current, upgradeType);
  }
  if (feature !== KRAFT_VERSION) return;
  if (level < current) refuse(feature, level, "it never goes down");
  if (level > current && context.whyNotKraftVersion1) {
    refuse(feature, level, context.whyNotKraftVersion1);
  }
}

function checkMetadataDowngrade(level: number, current: number, upgradeType: number): void {
  if (haveSameRecords(level, current)) return;
  const why = upgradeType === UNSAFE_DOWNGRADE
    ? "the log has records that it does not know, and losing them is not supported"
    : "the log has records that it does not know";
  refuse(METADATA_VERSION, level, why);
}

function checkSupported(feature: string, level: number, { image, nodeId }: FeaturesContext): void {
  const nodes: (readonly [who: string, features: readonly Range[]])[] = [
    [`controller ${nodeId}`, SUPPORTED_FEATURES],
    ...[...image.brokers.values()].map((each) =>
      [`broker ${each.brokerId}`, each.features] as const
    ),
    ...[...image.controllers.values()].map((each) =>
      [`controller ${each.controllerId}`, each.features] as const
    ),
  ];
  for (const [who, features] of nodes) {
    const range = features.find(({ name }) => name === feature);
    if (range === undefined && level > 0) refuse(feature, level, `${who} does not know it`);
    if (range === undefined) continue;
    const { minSupportedVersion: lowest, maxSupportedVersion: highest } = range;
    if (level < lowest || level > highest) {
      refuse(feature, level, `${who} supports ${lowest} to ${highest}`);
    }
  }
  const isKnown = SUPPORTED_FEATURES.some(({ name }) => name === feature);
  if (!isKnown) refuse(feature, level, "there is no such feature");
}

type Range = MetadataImage["brokers"] extends ReadonlyMap<number, infer B>
  ? B extends { features: readonly (infer F)[] } ? F : never
  : never;

function checkNeeds(feature: string, level: number, after: ReadonlyMap<string, number>): void {
  const needed = NEEDS_METADATA_VERSION.get(feature);
  if (level === 0 || needed === undefined) return;
  if ((after.get(METADATA_VERSION) ?? 0) >= needed) return;
  refuse(feature, level, `it needs ${METADATA_VERSION} ${needed}`);
}
