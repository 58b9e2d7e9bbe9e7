/** A stage while its scenarios are played: both brokers, started and furnished alike. */
import { LocalCluster } from "../kit/local_cluster.ts";
import { kafka, type Make, streamer } from "../kit/makes.ts";
import { type Program, startApacheKafka, startStreamer, steadyPort } from "../kit/programs.ts";
import { Side } from "./side.ts";
import { SETTINGS, type StageName, STAGES, type StageSetup, untilReady } from "./stages/mod.ts";

export interface Stage extends AsyncDisposable {
  readonly ours: Side;
  /** Apache Kafka's side, unless it was left out. */
  readonly theirs: Side | undefined;
}

/** How a broker of each kind is started in a folder. */
type Start = (
  at: { folder: string; logDirs: string[]; port: number; settings: string[] },
) => Promise<{ program: Program }>;

const startOurs: Start = ({ logDirs, port, settings }) =>
  startStreamer({
    data: logDirs.join(),
    port,
    args: settings.flatMap((setting) => ["--set", setting]),
  });
const startTheirs: Start = ({ folder, logDirs, port, settings }) =>
  startApacheKafka({ folder, port, settings: [...settings, `log.dirs=${logDirs.join()}`] });

const OURS = { start: startOurs, make: streamer };
const THEIRS = { start: startTheirs, make: kafka };

/** Starts streamer and Apache Kafka with the same settings, and makes the same topics on both. */
export async function setStage(
  name: StageName,
  folder: string,
  { withApacheKafka }: { withApacheKafka: boolean },
): Promise<Stage> {
  const setup: StageSetup = STAGES[name];
  const sides = withApacheKafka ? [OURS, THEIRS] : [OURS];
  const started = await Promise.allSettled(
    sides.map(({ start, make }, index) =>
      setup.nodes === undefined
        ? startSide(start, setup, `${folder}/${index}`)
        : startCluster(make, setup, `${folder}/${index}`)
    ),
  );
  const stopAll = async () => {
    await Promise.all(started.map((each) => each.status === "fulfilled" && each.value.stop()));
  };
  try {
    const [ours, theirs] = started.map((each) => {
      if (each.status === "rejected") throw each.reason;
      return each.value.side;
    });
    await Promise.all([ours, theirs].map((side) => side && furnish(side, setup)));
    return { ours, theirs, [Symbol.asyncDispose]: stopAll };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

/** Makes what a stage's scenarios find, on a broker that has just been started. */
export async function furnish(side: Side, setup: StageSetup): Promise<void> {
  await setup.begin?.(side);
  await untilReady(side);
  await setup.furnish?.(side);
  await side.hangUp();
}

async function startSide(start: Start, setup: StageSetup, folder: string) {
  const { settings = {}, logDirs: count = 1 } = setup;
  const at = {
    folder,
    logDirs: Array.from({ length: count }, (_, index) => `${folder}/data-${index + 1}`),
    port: steadyPort(),
    settings: Object.entries({ ...SETTINGS, ...settings }).map(([name, set]) => `${name}=${set}`),
  };
  let { program } = await start(at);
  const restart = async () => {
    await program.stop();
    ({ program } = await start(at));
    await untilReady(side);
  };
  const side = new Side({ port: at.port, place: { folder, logDirs: at.logDirs, restart } });
  return { side, stop: () => program.stop() };
}

async function startCluster(make: Make, setup: StageSetup, folder: string) {
  const { "node.id": _, ...shared } = SETTINGS;
  const cluster = await LocalCluster.start({
    make,
    folder,
    nodes: setup.nodes,
    settings: { ...shared, ...setup.settings },
    settingsOf: (id) => setup.settingsOf?.(id) ?? {},
  });
  const side = new Side({
    port: cluster.members[0].port,
    place: {
      folder,
      logDirs: cluster.nodes.map((node) => make.logs(node.folder)),
      restart: () => Promise.reject(new Error("a cluster's nodes are stopped one by one")),
      cluster,
    },
  });
  return { side, stop: () => cluster[Symbol.asyncDispose]() };
}

/** What is played, stage by stage; stages without scenarios are left out. */
export function byStage<Item extends { readonly stage?: StageName }>(
  scenarios: readonly Item[],
): [StageName, Item[]][] {
  return (Object.keys(STAGES) as StageName[])
    .map((name): [StageName, Item[]] => [
      name,
      scenarios.filter(({ stage = "plain" }) => stage === name),
    ])
    .filter(([, ofStage]) => ofStage.length > 0);
}
