/**
 * UpdateFeatures, key 57: asks the controller to raise or lower what the cluster has agreed on
 * (KIP-584, KIP-778). All of it is done or nothing is.
 *
 * Served 0 to 2: 1 says how (up, safely down, down at a loss) and may ask for the checks alone; 2
 * has one answer for all updates, where the others list them.
 */
import { UpdateFeaturesRequest, UpdateFeaturesResponse } from "../../protocol/mod.ts";
import { defineSharedApi } from "../api.ts";
import { errorFields } from "../errors.ts";

export const updateFeatures = defineSharedApi({
  key: 57,
  name: "UpdateFeatures",
  request: UpdateFeaturesRequest,
  response: UpdateFeaturesResponse,
  versions: [0, 2],

  handle: (request, context, { controller }) => controller.updateFeatures(request, context),

  failed: (_request, error) => errorFields(error),
});
