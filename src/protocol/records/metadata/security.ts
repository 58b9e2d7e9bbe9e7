/**
 * Metadata records about who may do what: access control entries, SCRAM credentials, delegation
 * tokens.
 */
import { array, bytes, int32, int64, int8, string, uuid } from "../../fields.ts";
import { message, type ValueOf } from "../../message.ts";

/** An access control entry was added. */
export const AccessControlEntryRecord = message({
  name: "AccessControlEntryRecord",
  apiKey: 18,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    id: uuid(),
    resourceType: int8(),
    resourceName: string(),
    patternType: int8(),
    principal: string(),
    host: string(),
    operation: int8(),
    permissionType: int8(),
  },
});
export type AccessControlEntryRecord = ValueOf<typeof AccessControlEntryRecord>;

/** An access control entry was removed. */
export const RemoveAccessControlEntryRecord = message({
  name: "RemoveAccessControlEntryRecord",
  apiKey: 19,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    id: uuid(),
  },
});
export type RemoveAccessControlEntryRecord = ValueOf<typeof RemoveAccessControlEntryRecord>;

/** A user's SCRAM credential was set (KIP-900). */
export const UserScramCredentialRecord = message({
  name: "UserScramCredentialRecord",
  apiKey: 11,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    name: string(),
    mechanism: int8(),
    salt: bytes(),
    storedKey: bytes(),
    serverKey: bytes(),
    iterations: int32(),
  },
});
export type UserScramCredentialRecord = ValueOf<typeof UserScramCredentialRecord>;

/** A user's SCRAM credential was removed (KIP-900). */
export const RemoveUserScramCredentialRecord = message({
  name: "RemoveUserScramCredentialRecord",
  apiKey: 22,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    name: string(),
    mechanism: int8(),
  },
});
export type RemoveUserScramCredentialRecord = ValueOf<typeof RemoveUserScramCredentialRecord>;

/** A delegation token was made or changed (KIP-900). */
export const DelegationTokenRecord = message({
  name: "DelegationTokenRecord",
  apiKey: 10,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    owner: string(),
    requester: string(),
    renewers: array(string()),
    issueTimestamp: int64(),
    maxTimestamp: int64(),
    expirationTimestamp: int64(),
    tokenId: string(),
  },
});
export type DelegationTokenRecord = ValueOf<typeof DelegationTokenRecord>;

/** A delegation token has ended. */
export const RemoveDelegationTokenRecord = message({
  name: "RemoveDelegationTokenRecord",
  apiKey: 26,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    tokenId: string(),
  },
});
export type RemoveDelegationTokenRecord = ValueOf<typeof RemoveDelegationTokenRecord>;
