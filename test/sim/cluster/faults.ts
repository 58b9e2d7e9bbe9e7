/** What goes wrong, drawn from the seed: each fault begins, lasts a while, and is mended. */
import { GOOD_LINK, type SeededRandom } from "../../../src/platform/memory/mod.ts";
import { damageFiles, mayBeDamaged } from "./damage.ts";
import type { Machine } from "./machine.ts";
import type { World } from "./world.ts";

interface Fault {
  readonly name: string;
  /** How often it is drawn, beside the others. */
  readonly weight: number;
  /** It lasts at least so long; the others may be over at once. */
  readonly leastMs?: number;
  /** Begins it and tells how to end it. */
  begin(scene: Scene): () => void;
}

export interface Scene {
  readonly world: World;
  readonly machines: readonly Machine[];
  /** All hosts, those of clients too. */
  readonly hosts: readonly string[];
  readonly random: SeededRandom;
}

/** A leader that is an hour behind refuses what is sent now (`message.timestamp.after.max.ms`). */
const MOST_OFF_MS = 3_500_000;

const pickMachine = ({ machines, random }: Scene): Machine => random.pick(machines);

function cutting(world: World, pairs: readonly (readonly [string, string])[]): () => void {
  for (const [from, to] of pairs) world.network.cut(from, to);
  return () => {
    for (const [from, to] of pairs) world.network.mend(from, to);
  };
}

const FAULTS: readonly Fault[] = [
  {
    name: "a node is killed",
    weight: 3,
    begin(scene) {
      const machine = pickMachine(scene);
      machine.kill();
      return () => machine.start();
    },
  },
  {
    name: "a node is killed in the middle of something",
    weight: 3,
    begin(scene) {
      const machine = pickMachine(scene);
      machine.killWithin(scene.random.int(60));
      return () => machine.start();
    },
  },
  {
    name: "nodes are killed again and again, and are back at once",
    weight: 2,
    begin(scene) {
      const { world, random } = scene;
      let isOver = false;
      const next = () => {
        if (isOver) return;
        const machine = pickMachine(scene);
        machine.killWithin(random.int(20));
        world.clock.after(random.int(300), () => {
          machine.killWithin(Infinity);
          machine.start();
          next();
        });
      };
      next();
      return () => isOver = true;
    },
  },
  {
    name: "whoever is elected is cut off, and those who voted die and are back",
    weight: 2,
    leastMs: 7000, // for the first election, and for another one among those who are back
    begin(scene) {
      const { world, machines, hosts, random } = scene;
      let mendLast = () => {};
      let left = 4;
      const onElected = (nodeId: number) => {
        if (left-- <= 0) return;
        mendLast(); // or there would be no majority for the next election
        const { name } = machines.find((machine) => machine.nodeId === nodeId)!;
        world.say(`${name} is elected and cut off`);
        const others = hosts.filter((host) => host !== name);
        const both = others.flatMap((host): [string, string][] => [[name, host], [host, name]]);
        mendLast = cutting(world, both);
        for (const machine of machines) {
          if (machine.nodeId === nodeId || random.chance(0.3)) continue;
          machine.kill();
          world.clock.after(1 + random.int(100), () => machine.start());
        }
      };
      world.onElected = onElected;
      if (world.lastElected !== undefined) onElected(world.lastElected); // so the others elect one
      return () => {
        world.onElected = undefined;
        mendLast();
      };
    },
  },
  {
    name: "a node is stopped properly",
    weight: 2,
    begin(scene) {
      const machine = pickMachine(scene);
      void machine.stop();
      return () => {
        if (machine.isStopping) machine.kill();
        machine.start();
      };
    },
  },
  {
    name: "files of a node are damaged while it is down",
    weight: 2,
    begin(scene) {
      const { world, random } = scene;
      const machine = pickMachine(scene);
      let isOver = false;
      const harmSoon = () => {
        if (isOver) return;
        if (!mayBeDamaged(machine, world)) return void world.clock.after(50, harmSoon);
        for (const line of damageFiles(machine, random)) world.say(`${machine.name}: ${line}`);
      };
      if (random.chance(0.5)) void machine.stop();
      else machine.kill();
      harmSoon();
      return () => {
        isOver = true;
        if (machine.isStopping) machine.kill();
        machine.start();
      };
    },
  },
  {
    name: "a machine loses its power",
    weight: 3,
    begin(scene) {
      const machine = pickMachine(scene);
      machine.powerOff();
      return () => machine.start();
    },
  },
  {
    name: "all lose their power",
    weight: 1,
    begin({ machines }) {
      for (const machine of machines) machine.powerOff();
      return () => {
        for (const machine of machines) machine.start();
      };
    },
  },
  {
    name: "a node hangs",
    weight: 3,
    begin(scene) {
      const machine = pickMachine(scene);
      machine.pause();
      return () => machine.resume();
    },
  },
  {
    name: "a partition",
    weight: 3,
    begin({ world, hosts, random }) {
      const sides: string[][] = [[], []];
      for (const host of hosts) sides[random.int(2)].push(host);
      world.say(`partition: ${sides.map((side) => side.join(" ")).join(" | ")}`);
      const [one, other] = sides;
      const pairs = one.flatMap((a) => other.flatMap((b): [string, string][] => [[a, b], [b, a]]));
      return cutting(world, pairs);
    },
  },
  {
    name: "a node is cut off",
    weight: 2,
    begin(scene) {
      const { name } = pickMachine(scene);
      scene.world.say(`${name} is cut off`);
      const others = scene.hosts.filter((host) => host !== name);
      return cutting(
        scene.world,
        others.flatMap((other): [string, string][] => [[name, other], [other, name]]),
      );
    },
  },
  {
    name: "a link works one way only",
    weight: 2,
    begin({ world, hosts, random }) {
      const from = random.pick(hosts);
      const others = hosts.filter((host) => host !== from);
      const cut = random.chance(0.5) ? others : [random.pick(others)];
      world.say(`nothing gets from ${from} to ${cut.join(" ")}`);
      return cutting(world, cut.map((to) => [from, to]));
    },
  },
  {
    name: "the network is bad",
    weight: 2,
    begin({ world, random }) {
      const loss = random.pick([0.01, 0.05, 0.2]);
      world.say(`the network loses ${loss * 100} percent`);
      world.network.quality = {
        leastMs: 0.1,
        mostMs: random.pick([2, 40]),
        slowPerMille: 20,
        loss,
      };
      return () => world.network.quality = world.usualQuality;
    },
  },
  {
    name: "connections are reset",
    weight: 2,
    begin({ world, random }) {
      const [one, other] = [random.pick(world.network.hosts), random.pick(world.network.hosts)];
      world.say(`connections between ${one.name} and ${other.name} are reset`);
      world.network.reset(one, other);
      return () => {};
    },
  },
  {
    name: "a clock is set",
    weight: 1,
    begin(scene) {
      const machine = pickMachine(scene);
      const ms = scene.random.int(2 * MOST_OFF_MS) - MOST_OFF_MS;
      scene.world.say(`the clock of ${machine.name} is set to be off by ${ms} ms`);
      machine.host.time.wallOffsetMs = ms;
      return () => {};
    },
  },
  {
    name: "a disk is slow",
    weight: 2,
    begin(scene) {
      const machine = pickMachine(scene);
      scene.world.say(`the disk of ${machine.name} is slow`);
      machine.syncMs = scene.random.pick([[50, 200], [200, 3000]]);
      return () => machine.syncMs = [0, 4];
    },
  },
  {
    name: "a disk is full",
    weight: 1,
    begin(scene) {
      const machine = pickMachine(scene);
      scene.world.say(`the disk of ${machine.name} is full`);
      machine.fillDisk();
      return () => machine.freeDisk();
    },
  },
  {
    name: "a device fails",
    weight: 1,
    begin(scene) {
      const { random } = scene;
      const machine = pickMachine(scene);
      const folder = random.pick(machine.dataFolders);
      const failing = random.pick(["open", "read", "write", "sync", "name", "look"]);
      let left = random.int(50);
      scene.world.say(`${folder} of ${machine.name} will fail to ${failing}`);
      machine.fault = (operation, path) => {
        const isHit = operation === failing && `${path}/`.startsWith(`${folder}/`);
        return isHit && left-- <= 0 ? "input/output error" : undefined;
      };
      return () => {
        machine.fault = undefined;
        machine.kill();
        machine.start();
      };
    },
  },
  {
    name: "a sync fails",
    weight: 1,
    begin(scene) {
      const machine = pickMachine(scene);
      let left = scene.random.int(20);
      machine.fault = (operation) =>
        operation === "sync" && left-- <= 0 ? "input/output error" : undefined;
      return () => {
        machine.fault = undefined;
        machine.kill(); // whatever it has left is not to be relied on
        machine.start();
      };
    },
  },
];

/** Lets faults come, one after another, until so many have been; ends with all of them mended. */
export async function playFaults(
  scene: Scene,
  { count, longestMs, say }: { count: number; longestMs: number; say: (name: string) => void },
): Promise<void> {
  const { world, random } = scene;
  const bag = FAULTS.flatMap((fault) => Array<Fault>(fault.weight).fill(fault));
  for (let i = 0; i < count; i++) {
    await world.clock.sleep(random.int(3000));
    const fault = random.pick(bag);
    say(fault.name);
    const mend = fault.begin(scene);
    const lastsMs = random.int(random.chance(0.3) ? longestMs : longestMs / 5);
    await world.clock.sleep(Math.max(fault.leastMs ?? 0, lastsMs));
    mend();
  }
}

/** Everything is as it should be again, also what a fault has left behind. */
export function mendAll({ world, machines }: Scene): void {
  world.onElected = undefined;
  world.network.mendAll();
  world.network.quality = GOOD_LINK;
  for (const machine of machines) {
    machine.fault = undefined;
    machine.freeDisk();
    machine.syncMs = [0, 4];
    machine.killWithin(Infinity);
    machine.resume();
    if (machine.isStopping) machine.kill();
    machine.start();
  }
}
