/**
 * `streamer group …`: which groups read, who is in them, and how far behind they are; where they go
 * on, and which go.
 */
import { BROKERS_FLAG, command, type CommandGroup, JSON_FLAG } from "./command.ts";
import { parseScope, resetCommand } from "./group_reset.ts";
import { renderFacts, renderTable } from "./table.ts";
import { json, withClient } from "./with_client.ts";

const list = command({
  name: "group list",
  summary: "List groups",
  examples: [
    ["streamer group list", ""],
    ["streamer group list --state empty", "groups that nobody is in"],
    ["streamer group list --json", "for programs"],
  ],
  flags: {
    ...BROKERS_FLAG,
    state: { type: "string", multiple: true, help: "Only in this state: stable, empty, …" },
    type: { type: "string", multiple: true, help: "Only of this type: classic, consumer, …" },
    ...JSON_FLAG,
  },
  async run(call) {
    const { values, io } = call;
    await withClient(call, async ({ cluster }) => {
      const { listGroups } = await import("../client/mod.ts");
      const passes = (wanted: readonly string[], value: string) =>
        wanted.length === 0 ||
        wanted.some((each) => each.toLowerCase() === value.toLowerCase());
      const groups = (await listGroups(cluster)).filter(({ state, type }) =>
        passes(values.state, state) && passes(values.type, type)
      );
      if (values.json) return await io.write(json(groups, call));
      await io.write(renderTable([
        { title: "GROUP", cell: ({ groupId }) => groupId },
        { title: "STATE", cell: ({ state }) => state },
        { title: "TYPE", cell: ({ type }) => type },
        { title: "COORDINATOR", cell: ({ coordinator }) => coordinator },
      ], groups));
    });
  },
});

const describe = command({
  name: "group describe",
  summary: "Show members, offsets and lag of groups",
  usage: "GROUP… [flags]",
  examples: [["streamer group describe billing", "lag is the number of records still to be read"]],
  positionals: { min: 1, max: 100 },
  flags: { ...BROKERS_FLAG, ...JSON_FLAG },
  async run(call) {
    const { values, positionals, io } = call;
    await withClient(call, async ({ cluster }) => {
      const { describeGroup } = await import("../client/mod.ts");
      const groups = [];
      for (const name of positionals) groups.push(await describeGroup(cluster, name));
      if (values.json) return await io.write(json(groups, call));
      await io.write(groups.map(renderGroup).join("\n"));
    });
  },
});

type Group = Awaited<ReturnType<typeof import("../client/mod.ts").describeGroup>>;

function renderGroup({ groupId, state, assignor, members, offsets }: Group): string {
  const lag = offsets.reduce((sum, { lag }) => sum + (lag ?? 0), 0);
  const facts = renderFacts({
    Group: groupId,
    State: state,
    Assignor: assignor || undefined,
    Members: members.length,
    Lag: lag,
  });
  const clients = new Map(
    members.map(({ memberId, clientId, host }) => [memberId, `${clientId} ${host}`]),
  );
  const table = renderTable([
    { title: "TOPIC", cell: ({ topic }) => topic },
    { title: "PARTITION", cell: ({ partition }) => partition },
    { title: "COMMITTED", cell: ({ committed }) => committed },
    { title: "LATEST", cell: ({ latest }) => latest < 0 ? undefined : latest },
    { title: "LAG", cell: ({ lag }) => lag },
    { title: "READ BY", cell: ({ memberId }) => memberId && clients.get(memberId) },
  ], offsets);
  return `${facts}\n${table}`;
}

const remove = command({
  name: "group delete",
  summary: "Delete groups that nobody is in",
  usage: "GROUP… [flags]",
  examples: [["streamer group delete billing", "with all that it has read"]],
  positionals: { min: 1, max: 100 },
  flags: BROKERS_FLAG,
  async run(call) {
    const { positionals, io } = call;
    await withClient(call, async ({ cluster }) => {
      const { deleteGroup } = await import("../client/mod.ts");
      for (const name of positionals) {
        await deleteGroup(cluster, name);
        await io.write(`Group ${name} is deleted\n`);
      }
    });
  },
});

const forget = command({
  name: "group forget",
  summary: "Forget what a group has read of a topic",
  usage: "GROUP --topic TOPIC [flags]",
  description: "Not of topics that somebody in the group reads now.",
  examples: [
    ["streamer group forget billing --topic orders", ""],
    ["streamer group forget billing --topic orders:0,2", "only of these partitions"],
  ],
  positionals: { min: 1, max: 1 },
  flags: {
    ...BROKERS_FLAG,
    topic: {
      type: "string",
      short: "t",
      value: "TOPIC[:N,…]",
      multiple: true,
      required: true,
      help: "The topic, or some of its partitions",
    },
  },
  async run(call) {
    const { values, positionals: [group], io } = call;
    const scope = values.topic.map(parseScope);
    await withClient(call, async ({ cluster }) => {
      const { deleteOffsets } = await import("../client/mod.ts");
      await deleteOffsets(cluster, group, scope);
      await io.write(`Group ${group} has not read ${values.topic.join(" and ")}\n`);
    });
  },
});

export const groupCommands: CommandGroup = {
  name: "group",
  summary: "list groups and how far behind they are, move and delete them",
  commands: [list, describe, resetCommand, forget, remove],
};
