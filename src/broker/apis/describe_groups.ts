/**
 * DescribeGroups, key 15: the state and the members of classic groups.
 *
 * Served 0 to 6: 3 tells authorized operations (KIP-430), 4 instance ids, 5 is flexible, 6 answers
 * GROUP_ID_NOT_FOUND for a group that isn't there (KIP-1043), where older versions describe it as
 * dead.
 */
import { DescribeGroupsRequest, DescribeGroupsResponse, type InputOf } from "../../protocol/mod.ts";
import { defineApi } from "../api.ts";
import { asKafkaError } from "../errors.ts";
import { callerOf } from "../group_caller.ts";
import { GROUP_OPERATIONS } from "../operations.ts";

type Group = NonNullable<InputOf<typeof DescribeGroupsResponse>["groups"]>[number];

export const describeGroups = defineApi({
  key: 15,
  name: "DescribeGroups",
  request: DescribeGroupsRequest,
  response: DescribeGroupsResponse,
  versions: [0, 6],

  async handle({ groups, includeAuthorizedOperations }, context, broker) {
    const operations = includeAuthorizedOperations
      ? { authorizedOperations: GROUP_OPERATIONS }
      : {};
    const describe = async (groupId: string): Promise<Group> => {
      try {
        const answer = await broker.groups.run<InputOf<typeof DescribeGroupsResponse>>(
          groupId,
          (coordinator, reply) => {
            const request = { groups: [groupId], includeAuthorizedOperations };
            return coordinator.describeGroups(
              request,
              context.version,
              callerOf(context, broker),
              reply,
            );
          },
        );
        return { ...(answer as InputOf<typeof DescribeGroupsResponse>).groups![0], ...operations };
      } catch (error) {
        return refused(groupId, asKafkaError(error, broker.log).code);
      }
    };
    return { groups: await Promise.all(groups.map(describe)) };
  },

  failed: ({ groups }, { code }) => ({ groups: groups.map((groupId) => refused(groupId, code)) }),
});

const refused = (groupId: string, errorCode: number): Group => ({ groupId, errorCode });
