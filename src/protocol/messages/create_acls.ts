/** CreateAcls, key 30: adds access control entries. */
import { array, int16, int32, int8, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The entries. */
export const CreateAclsRequest = message({
  name: "CreateAclsRequest",
  apiKey: 30,
  listeners: ["broker", "controller"],
  versions: [1, 3],
  flexibleFrom: 2,
  fields: {
    creations: array(struct({
      resourceType: int8(),
      resourceName: string(),
      resourcePatternType: int8({ default: 3 }),
      principal: string(),
      host: string(),
      operation: int8(),
      permissionType: int8(),
    })),
  },
});
export type CreateAclsRequest = ValueOf<typeof CreateAclsRequest>;

/** How each addition went. */
export const CreateAclsResponse = message({
  name: "CreateAclsResponse",
  apiKey: 30,
  versions: [1, 3],
  flexibleFrom: 2,
  fields: {
    throttleTimeMs: int32(),
    results: array(struct({
      errorCode: int16(),
      errorMessage: nullable(string()),
    })),
  },
});
export type CreateAclsResponse = ValueOf<typeof CreateAclsResponse>;
