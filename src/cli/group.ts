/** `streamer group …`: which groups read, who is in them, and how far behind they are. */
import { BROKERS_FLAG, command, type CommandGroup, JSON_FLAG } from "./command.ts";
import { renderFacts, renderTable } from "./table.ts";
import { json, withClient } from "./with_client.ts";

const list = command({
  name: "group list",
  summary: "List groups",
  examples: [["streamer group list", ""], ["streamer group list --json", "for programs"]],
  flags: { ...BROKERS_FLAG, ...JSON_FLAG },
  async run(call) {
    const { values, io } = call;
    await withClient(call, async ({ cluster }) => {
      const { listGroups } = await import("../client/mod.ts");
      const groups = await listGroups(cluster);
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

export const groupCommands: CommandGroup = {
  name: "group",
  summary: "list groups, and how far behind they are",
  commands: [list, describe],
};
