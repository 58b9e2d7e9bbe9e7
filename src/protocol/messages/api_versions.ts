/**
 * ApiVersions, key 18: which APIs the receiver serves, and in which versions. A version that is not
 * known is answered in version 0, so that any client can find common ground (KIP-511). Features
 * since version 3 (KIP-584).
 */
import { array, bool, int16, int32, int64, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** Who asks. */
export const ApiVersionsRequest = message({
  name: "ApiVersionsRequest",
  apiKey: 18,
  listeners: ["broker", "controller"],
  versions: [0, 4],
  flexibleFrom: 3,
  fields: {
    clientSoftwareName: string({ since: 3, ignorable: true }),
    clientSoftwareVersion: string({ since: 3, ignorable: true }),
  },
});
export type ApiVersionsRequest = ValueOf<typeof ApiVersionsRequest>;

/** The APIs with their ranges; the cluster's features. */
export const ApiVersionsResponse = message({
  name: "ApiVersionsResponse",
  apiKey: 18,
  versions: [0, 4],
  flexibleFrom: 3,
  fields: {
    errorCode: int16(),
    apiKeys: array(struct({
      apiKey: int16(),
      minVersion: int16(),
      maxVersion: int16(),
    })),
    throttleTimeMs: int32({ since: 1, ignorable: true }),
    supportedFeatures: array(
      struct({
        name: string(),
        minVersion: int16(),
        maxVersion: int16(),
      }),
      { since: 3, tag: 0, ignorable: true },
    ),
    // -1: not known
    finalizedFeaturesEpoch: int64({ since: 3, tag: 1, default: -1, ignorable: true }),
    finalizedFeatures: array(
      struct({
        name: string(),
        maxVersionLevel: int16(),
        minVersionLevel: int16(),
      }),
      { since: 3, tag: 2, ignorable: true },
    ),
    zkMigrationReady: bool({ since: 3, tag: 3, ignorable: true }),
  },
});
export type ApiVersionsResponse = ValueOf<typeof ApiVersionsResponse>;
