/** DescribeAcls, key 29: the access control entries that match a filter. */
import { array, int16, int32, int8, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The filter. */
export const DescribeAclsRequest = message({
  name: "DescribeAclsRequest",
  apiKey: 29,
  listeners: ["broker", "controller"],
  versions: [1, 3],
  flexibleFrom: 2,
  fields: {
    resourceTypeFilter: int8(),
    resourceNameFilter: nullable(string()),
    patternTypeFilter: int8({ default: 3 }),
    principalFilter: nullable(string()),
    hostFilter: nullable(string()),
    operation: int8(),
    permissionType: int8(),
  },
});
export type DescribeAclsRequest = ValueOf<typeof DescribeAclsRequest>;

/** The entries, by resource. */
export const DescribeAclsResponse = message({
  name: "DescribeAclsResponse",
  apiKey: 29,
  versions: [1, 3],
  flexibleFrom: 2,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
    resources: array(struct({
      resourceType: int8(),
      resourceName: string(),
      patternType: int8({ default: 3 }),
      acls: array(struct({
        principal: string(),
        host: string(),
        operation: int8(),
        permissionType: int8(),
      })),
    })),
  },
});
export type DescribeAclsResponse = ValueOf<typeof DescribeAclsResponse>;
