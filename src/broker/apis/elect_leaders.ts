/**
 * ElectLeaders, key 43: asks the controller to give partitions to their preferred replicas, or to
 * anyone alive (KIP-460).
 *
 * Served 0 to 2: 0 knows preferred replicas only, 1 adds the kind of election and an error for the
 * whole request, 2 is flexible.
 */
import { electionFailed } from "../../controller/mod.ts";
import {
  ElectLeadersRequest,
  ElectLeadersResponse,
  errorCode,
  type InputOf,
} from "../../protocol/mod.ts";
import { defineSharedApi, MAX_PARTITIONS_AT_ONCE } from "../api.ts";

export const electLeaders = defineSharedApi({
  key: 43,
  name: "ElectLeaders",
  request: ElectLeadersRequest,
  response: ElectLeadersResponse,
  versions: [0, 2],
  maxElements: MAX_PARTITIONS_AT_ONCE,

  async handle(request, context, { controller }) {
    const { topicPartitions, timeoutMs } = request;
    const isLate = timeoutMs <= 0 && topicPartitions?.length !== 0;
    const answer = isLate
      ? electionFailed(request, { code: errorCode("REQUEST_TIMED_OUT"), message: null })
      : await controller.electLeaders(request, context);
    return inVersion(context.version, answer);
  },

  failed: (request, error, { version }) => inVersion(version, electionFailed(request, error)),
});

/** Version 0 has no error for the whole. */
const inVersion = (version: number, { errorCode, ...rest }: InputOf<typeof ElectLeadersResponse>) =>
  version === 0 ? rest : { errorCode, ...rest };
