/**
 * DeleteGroups, key 42: removes groups that have no members, with their offsets (KIP-229).
 *
 * Served 0 to 2; 2 is flexible.
 */
import { DeleteGroupsRequest, DeleteGroupsResponse, type InputOf } from "../../protocol/mod.ts";
import { defineApi } from "../api.ts";
import { asKafkaError } from "../errors.ts";
import { callerOf } from "../group_caller.ts";

type Response = InputOf<typeof DeleteGroupsResponse>;

export const deleteGroups = defineApi({
  key: 42,
  name: "DeleteGroups",
  request: DeleteGroupsRequest,
  response: DeleteGroupsResponse,
  versions: [0, 2],

  async handle({ groupsNames }, context, broker) {
    const remove = async (groupId: string) => {
      try {
        const answer = await broker.groups.run<Response>(groupId, (coordinator, reply) => {
          const request = { groupsNames: [groupId] };
          return coordinator.deleteGroups(
            request,
            context.version,
            callerOf(context, broker),
            reply,
          );
        });
        return (answer as Response).results![0];
      } catch (error) {
        return { groupId, errorCode: asKafkaError(error, broker.log).code };
      }
    };
    return { results: await Promise.all([...new Set(groupsNames)].map(remove)) };
  },

  failed: ({ groupsNames }, { code }) => ({
    results: groupsNames.map((groupId) => ({ groupId, errorCode: code })),
  }),
});
