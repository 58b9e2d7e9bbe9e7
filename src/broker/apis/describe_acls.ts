/**
 * DescribeAcls, key 29: the access control entries that match a filter.
 *
 * Served 1 to 3: 1 knows prefixed patterns (KIP-290), 2 is flexible, 3 knows users as resources.
 *
 * There is no authorizer here, and so the answer is SECURITY_DISABLED, as in a Kafka without one.
 */
import { DescribeAclsRequest, DescribeAclsResponse } from "../../protocol/mod.ts";
import { hasUnknownKind, noAuthorizer, UNKNOWN_KIND } from "../acl_requests.ts";
import { defineSharedApi } from "../api.ts";
import { errorFields } from "../errors.ts";

export const describeAcls = defineSharedApi({
  key: 29,
  name: "DescribeAcls",
  request: DescribeAclsRequest,
  response: DescribeAclsResponse,
  versions: [1, 3],

  handle(request) {
    const { resourceTypeFilter, patternTypeFilter, operation, permissionType } = request;
    if (hasUnknownKind(resourceTypeFilter, patternTypeFilter, operation, permissionType)) {
      return UNKNOWN_KIND;
    }
    throw noAuthorizer();
  },

  failed: (_request, error) => errorFields(error),
});
