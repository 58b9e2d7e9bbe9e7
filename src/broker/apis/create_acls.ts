/**
 * CreateAcls, key 30: adds access control entries.
 *
 * Served 1 to 3: 1 knows prefixed patterns (KIP-290), 2 is flexible, 3 knows users as resources.
 *
 * There is no authorizer here, and so each is refused with SECURITY_DISABLED, as in a Kafka without
 * one.
 */
import { CreateAclsRequest, CreateAclsResponse } from "../../protocol/mod.ts";
import { hasUnknownKind, noAuthorizer, UNKNOWN_KIND } from "../acl_requests.ts";
import { defineSharedApi } from "../api.ts";
import { errorFields } from "../errors.ts";

type Creation = CreateAclsRequest["creations"][number];

export const createAcls = defineSharedApi({
  key: 30,
  name: "CreateAcls",
  request: CreateAclsRequest,
  response: CreateAclsResponse,
  versions: [1, 3],

  handle({ creations }) {
    if (creations.some(isUnknown)) return UNKNOWN_KIND;
    throw noAuthorizer();
  },

  failed: ({ creations }, error) => ({ results: creations.map(() => errorFields(error)) }),
});

const isUnknown = (creation: Creation): boolean =>
  hasUnknownKind(
    creation.resourceType,
    creation.resourcePatternType,
    creation.operation,
    creation.permissionType,
  );
