/**
 * DeleteAcls, key 31: removes the access control entries that match filters.
 *
 * Served 1 to 3: 1 knows prefixed patterns (KIP-290), 2 is flexible, 3 knows users as resources.
 *
 * There is no authorizer here, and so each filter is refused with SECURITY_DISABLED, as in a Kafka
 * without one.
 */
import { DeleteAclsRequest, DeleteAclsResponse } from "../../protocol/mod.ts";
import { hasUnknownKind, noAuthorizer, UNKNOWN_KIND } from "../acl_requests.ts";
import { defineSharedApi } from "../api.ts";
import { errorFields } from "../errors.ts";

type Filter = DeleteAclsRequest["filters"][number];

export const deleteAcls = defineSharedApi({
  key: 31,
  name: "DeleteAcls",
  request: DeleteAclsRequest,
  response: DeleteAclsResponse,
  versions: [1, 3],

  handle({ filters }) {
    if (filters.some(isUnknown)) return UNKNOWN_KIND;
    throw noAuthorizer();
  },

  failed: ({ filters }, error) => ({ filterResults: filters.map(() => errorFields(error)) }),
});

const isUnknown = (filter: Filter): boolean =>
  hasUnknownKind(
    filter.resourceTypeFilter,
    filter.patternTypeFilter,
    filter.operation,
    filter.permissionType,
  );
