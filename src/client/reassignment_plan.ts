/**
 * Plans where replicas are to be; pure, and the same for the same question. Two questions are
 * answered:
 *
 * - {@link planSpread}: some topics shall lie on these brokers, evenly.
 * - {@link planDrain}: some brokers shall have nothing any more.
 *
 * What holds of every plan: each partition keeps its number of replicas (unless another is asked
 * for), all on different brokers; its replicas are spread over racks as evenly as the brokers
 * allow; under that, brokers have as even a number of replicas as can be, and of preferred leaders
 * likewise; and under that, as few replicas as possible are copied. A drain copies what was on the
 * drained brokers and nothing else, and evens loads only by where that goes.
 */
import { keyOf } from "../base/mod.ts";
import { balance, type Exchange } from "./exchange_balance.ts";
import { ClientError } from "./errors.ts";
import type { Assignment } from "./reassignments.ts";

export interface PlanBroker {
  readonly id: number;
  readonly rack: string | null;
}

/** A partition that changes; `replicas` is what it comes to. */
export interface PlannedMove extends Assignment {
  before: number[];
}

/** Brokers that have to copy the partition. */
export const copiesOf = ({ before, replicas }: PlannedMove): number[] =>
  replicas.filter((id) => !before.includes(id));

/**
 * Spreads partitions over brokers, at their number of replicas or the one given. Throws
 * {@link ClientError} where there are fewer brokers than replicas.
 */
export function planSpread(
  partitions: readonly Assignment[],
  brokers: readonly PlanBroker[],
  { replicas }: { replicas?: number } = {},
): PlannedMove[] {
  const places = new Places(brokers);
  const slots = partitions.map((partition) => {
    const size = replicas ?? partition.replicas.length;
    places.checkRoom(partition, size);
    return new Slots(partition, { places, size, isPinned: () => false });
  });
  return planned(slots, places);
}

/**
 * Moves all that is on the drained brokers to the others. `partitions` are all of the cluster: what
 * stays counts too when loads are evened. Throws {@link ClientError} where too few brokers are
 * left.
 */
export function planDrain(
  partitions: readonly Assignment[],
  brokers: readonly PlanBroker[],
  drained: readonly number[],
): PlannedMove[] {
  const places = new Places(brokers.filter(({ id }) => !drained.includes(id)));
  const isOn = ({ replicas }: Assignment) => replicas.some((id) => drained.includes(id));
  for (const { replicas } of partitions.filter((each) => !isOn(each))) places.countFixed(replicas);
  const slots = partitions.filter(isOn).map((partition) => {
    places.checkRoom(partition, partition.replicas.length);
    const isPinned = (id: number) => !drained.includes(id);
    return new Slots(partition, { places, size: partition.replicas.length, isPinned });
  });
  return planned(slots, places);
}

function planned(slots: readonly Slots[], places: Places): PlannedMove[] {
  for (const each of slots) each.fill();
  balance({
    loads: places.loads,
    items: slots.length,
    exchangesOf: (item) => slots[item].exchanges(),
    apply: (item, exchange) => slots[item].exchange(exchange),
  });
  for (const each of slots) each.chooseLeader();
  balance({
    loads: places.leads,
    items: slots.length,
    exchangesOf: (item) => slots[item].leaderExchanges(),
    apply: (item, { to }) => slots[item].lead(to),
  });
  return slots.map((each) => each.move)
    .filter(({ before, replicas }) => before.join() !== replicas.join());
}

/** The brokers that replicas may go to, and how much is on each. */
class Places {
  readonly brokers: readonly PlanBroker[];
  /** Replicas on each, by its place in `brokers`. */
  readonly loads: number[];
  /** Partitions that each is the preferred leader of. */
  readonly leads: number[];
  /** The number of each one's rack; all the same where not every broker has one. */
  readonly racks: readonly number[];
  readonly #places: ReadonlyMap<number, number>;

  constructor(brokers: readonly PlanBroker[]) {
    this.brokers = [...brokers].sort((one, other) => one.id - other.id);
    this.loads = brokers.map(() => 0);
    this.leads = brokers.map(() => 0);
    this.#places = new Map(this.brokers.map(({ id }, place) => [id, place]));
    const haveRacks = brokers.every(({ rack }) => rack !== null);
    const names = [...new Set(this.brokers.map(({ rack }) => haveRacks ? rack : ""))];
    this.racks = this.brokers.map(({ rack }) => haveRacks ? names.indexOf(rack) : 0);
  }

  of(id: number): number | undefined {
    return this.#places.get(id);
  }

  /** Replicas that stay where they are. */
  countFixed(replicas: readonly number[]): void {
    for (const id of replicas) {
      const place = this.of(id);
      if (place !== undefined) this.loads[place]++;
    }
    const leader = this.of(replicas[0]);
    if (leader !== undefined) this.leads[leader]++;
  }

  checkRoom(partition: Assignment, size: number): void {
    if (size <= this.brokers.length) return;
    throw new ClientError(
      `Cannot place the ${size} replicas of ${keyOf(partition)} on ${this.brokers.length} ` +
        `broker${this.brokers.length === 1 ? "" : "s"}`,
    );
  }
}

interface SlotOptions {
  readonly places: Places;
  readonly size: number;
  /** Of a broker that has a replica: may it not be moved? */
  readonly isPinned: (id: number) => boolean;
}

/** The replicas of one partition, while it is being planned: places of brokers, in order. */
class Slots {
  readonly #partition: Assignment;
  readonly #places: Places;
  readonly #size: number;
  readonly #isPinned: (place: number) => boolean;
  readonly #original: ReadonlySet<number>;
  #chosen: number[];
  #leader = -1;

  constructor(partition: Assignment, { places, size, isPinned }: SlotOptions) {
    this.#partition = partition;
    this.#places = places;
    this.#size = size;
    // Where a broker is not one of the plan's, -1 keeps its position for whoever comes instead.
    this.#chosen = partition.replicas.map((id) => places.of(id) ?? -1);
    this.#original = new Set(this.#chosen.filter((place) => place >= 0));
    const pinned = new Set(partition.replicas.filter(isPinned).map((id) => places.of(id)));
    this.#isPinned = (place) => pinned.has(place);
    for (const place of this.#original) places.loads[place]++;
  }

  /** As many replicas as there are to be, spread over racks; loads are looked at, not yet evened. */
  fill(): void {
    while (this.#chosen.length > this.#size && this.#chosen.includes(-1)) {
      this.#chosen.splice(this.#chosen.lastIndexOf(-1), 1);
    }
    while (this.#chosen.length > this.#size) this.#drop(this.#fullest(this.#chosen.slice(1)));
    while (this.#chosen.length < this.#size) this.#chosen.push(-1);
    for (let at = this.#chosen.indexOf(-1); at >= 0; at = this.#chosen.indexOf(-1)) {
      this.#put(at, this.#emptiest());
    }
    for (let better = this.#toBetterRack(); better; better = this.#toBetterRack()) {
      this.#replace(better.from, better.to);
    }
  }

  /** What could change without more replicas in one rack than now. */
  exchanges(): Exchange[] {
    const counts = this.#rackCounts();
    const { brokers, racks } = this.#places;
    return this.#chosen.filter((from) => !this.#isPinned(from)).flatMap((from) =>
      [...brokers.keys()].filter((to) =>
        !this.#chosen.includes(to) &&
        (racks[to] === racks[from] || counts[racks[to]] < counts[racks[from]])
      ).map((to) => ({ from, to, cost: this.#was(from) - this.#was(to) }))
    );
  }

  exchange({ from, to }: Exchange): void {
    this.#chosen[this.#chosen.indexOf(from)] = to;
  }

  /** At first the one that leads now, if it stays. */
  chooseLeader(): void {
    this.#leader = this.#chosen[0];
    this.#places.leads[this.#leader]++;
  }

  /** Any replica may lead; one that has led and is not touched keeps doing so, unless loads say so. */
  leaderExchanges(): Exchange[] {
    if (this.#isPinned(this.#leader) && this.#leader === this.#firstPlace) return [];
    const costOf = (place: number) => place === this.#firstPlace ? 0 : 1;
    return this.#chosen.filter((place) => place !== this.#leader)
      .map((to) => ({ from: this.#leader, to, cost: costOf(to) - costOf(this.#leader) }));
  }

  lead(place: number): void {
    this.#leader = place;
  }

  get move(): PlannedMove {
    const { topic, partition, replicas: before } = this.#partition;
    const at = this.#chosen.indexOf(this.#leader);
    const ordered = [...this.#chosen];
    [ordered[0], ordered[at]] = [ordered[at], ordered[0]];
    const replicas = ordered.map((place) => this.#places.brokers[place].id);
    return { topic, partition, before, replicas };
  }

  get #firstPlace(): number | undefined {
    return this.#places.of(this.#partition.replicas[0]);
  }

  #was = (place: number): number => this.#original.has(place) ? 1 : 0;

  #rackCounts(): number[] {
    const counts: number[] = this.#places.racks.map(() => 0);
    for (const place of this.#chosen) if (place >= 0) counts[this.#places.racks[place]]++;
    return counts;
  }

  /** From the rack that has most to the one that has fewest, where that evens them. */
  #toBetterRack(): { from: number; to: number } | undefined {
    const counts = this.#rackCounts();
    const { racks } = this.#places;
    const movable = this.#chosen.filter((place) => !this.#isPinned(place));
    if (movable.length === 0) return undefined;
    const from = this.#fullest(movable);
    const to = this.#emptiest();
    return to >= 0 && counts[racks[to]] + 2 <= counts[racks[from]] ? { from, to } : undefined;
  }

  /** Of these, one in the rack that has most of this partition; new ones go before old ones. */
  #fullest(places: readonly number[]): number {
    const counts = this.#rackCounts();
    const { racks, loads } = this.#places;
    return least(places, (place) => [-counts[racks[place]], this.#was(place), -loads[place]]);
  }

  /** A broker without a replica, in the rack that has fewest; -1 when all have one. */
  #emptiest(): number {
    const counts = this.#rackCounts();
    const { brokers, racks, loads } = this.#places;
    const free = [...brokers.keys()].filter((place) => !this.#chosen.includes(place));
    if (free.length === 0) return -1;
    return least(free, (place) => [counts[racks[place]], -this.#was(place), loads[place]]);
  }

  #put(at: number, place: number): void {
    this.#chosen[at] = place;
    this.#places.loads[place]++;
  }

  #drop(place: number): void {
    this.#chosen.splice(this.#chosen.indexOf(place), 1);
    this.#places.loads[place]--;
  }

  #replace(from: number, to: number): void {
    this.#places.loads[from]--;
    this.#put(this.#chosen.indexOf(from), to);
  }
}

/** The first of those whose numbers are least, the earlier number counting more. */
function least(places: readonly number[], numbersOf: (place: number) => number[]): number {
  const isLess = (one: number[], other: number[]) => {
    const at = one.findIndex((number, index) => number !== other[index]);
    return at >= 0 && one[at] < other[at];
  };
  return places.reduce((best, place) => isLess(numbersOf(place), numbersOf(best)) ? place : best);
}
