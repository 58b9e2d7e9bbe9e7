/** UpdateFeatures, key 57: raises and lowers the cluster's feature levels (KIP-584). */
import { array, bool, int16, int32, int8, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The levels to set. */
export const UpdateFeaturesRequest = message({
  name: "UpdateFeaturesRequest",
  apiKey: 57,
  listeners: ["broker", "controller"],
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    timeoutMs: int32({ default: 60000 }),
    featureUpdates: array(struct({
      feature: string(),
      maxVersionLevel: int16(),
      allowDowngrade: bool({ until: 0 }),
      upgradeType: int8({ since: 1, default: 1 }),
    })),
    validateOnly: bool({ since: 1 }),
  },
});
export type UpdateFeaturesRequest = ValueOf<typeof UpdateFeaturesRequest>;

/** How it went. */
export const UpdateFeaturesResponse = message({
  name: "UpdateFeaturesResponse",
  apiKey: 57,
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
    results: array(
      struct({
        feature: string(),
        errorCode: int16(),
        errorMessage: nullable(string()),
      }),
      { until: 1, ignorable: true },
    ),
  },
});
export type UpdateFeaturesResponse = ValueOf<typeof UpdateFeaturesResponse>;
