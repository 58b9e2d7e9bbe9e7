/** DeleteAcls, key 31: removes the access control entries that match filters. */
import { array, int16, int32, int8, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The filters. */
export const DeleteAclsRequest = message({
  name: "DeleteAclsRequest",
  apiKey: 31,
  listeners: ["broker", "controller"],
  versions: [1, 3],
  flexibleFrom: 2,
  fields: {
    filters: array(struct({
      resourceTypeFilter: int8(),
      resourceNameFilter: nullable(string()),
      patternTypeFilter: int8({ default: 3 }),
      principalFilter: nullable(string()),
      hostFilter: nullable(string()),
      operation: int8(),
      permissionType: int8(),
    })),
  },
});
export type DeleteAclsRequest = ValueOf<typeof DeleteAclsRequest>;

/** What each filter has removed. */
export const DeleteAclsResponse = message({
  name: "DeleteAclsResponse",
  apiKey: 31,
  versions: [1, 3],
  flexibleFrom: 2,
  fields: {
    throttleTimeMs: int32(),
    filterResults: array(struct({
      errorCode: int16(),
      errorMessage: nullable(string()),
      matchingAcls: array(struct({
        errorCode: int16(),
        errorMessage: nullable(string()),
        resourceType: int8(),
        resourceName: string(),
        patternType: int8({ default: 3 }),
        principal: string(),
        host: string(),
        operation: int8(),
        permissionType: int8(),
      })),
    })),
  },
});
export type DeleteAclsResponse = ValueOf<typeof DeleteAclsResponse>;
