/**
 * ApiVersions, key 18: what this broker, or controller, serves, in which versions, and the cluster's features.
 * Asked before anything else, and answerable at any time.
 *
 * Served 0 to 4.
 *
 * | v | adds |
 * | --- | --- |
 * | 1 | throttle time |
 * | 3 | flexible (the answer's header never is); the client's name and version (KIP-511); features (KIP-584) |
 * | 4 | supported features whose lowest level is 0 (older Java clients refuse them) |
 *
 * A version that nobody knows is not an error to hang up on: it is answered in version 0 with
 * UNSUPPORTED_VERSION and this API's own range, from which the client chooses again.
 */
import type { VersionRange } from "../../net/mod.ts";
import { ApiVersionsRequest, ApiVersionsResponse, errorCode } from "../../protocol/mod.ts";
import { defineSharedApi } from "../api.ts";
import { finalizedFeatures, supportedFeatures } from "../features.ts";

/** As Kafka wants client names and versions: letters and digits, inside also `-` and `.`. */
const SOFTWARE_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

const KEY = 18;
const VERSIONS: VersionRange = [0, 4];

export const apiVersions = defineSharedApi({
  key: KEY,
  name: "ApiVersions",
  request: ApiVersionsRequest,
  response: ApiVersionsResponse,
  versions: VERSIONS,

  handle(request, { version, isUnknownVersion, connection }, node) {
    if (isUnknownVersion) {
      const [minVersion, maxVersion] = VERSIONS;
      return {
        errorCode: errorCode("UNSUPPORTED_VERSION"),
        apiKeys: [{ apiKey: KEY, minVersion, maxVersion }],
      };
    }
    if (version >= 3) {
      const { clientSoftwareName, clientSoftwareVersion } = request;
      if (!SOFTWARE_NAME.test(clientSoftwareName) || !SOFTWARE_NAME.test(clientSoftwareVersion)) {
        return { errorCode: errorCode("INVALID_REQUEST") };
      }
      connection.softwareName = clientSoftwareName;
      connection.softwareVersion = clientSoftwareVersion;
    }
    return {
      apiKeys: node.advertisedApis,
      supportedFeatures: supportedFeatures(version),
      ...finalizedFeatures(node.image(), node.controller.kraftVersion),
    };
  },

  failed: (_request, error) => ({ errorCode: errorCode(error.error) }),
});
