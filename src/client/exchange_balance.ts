/**
 * Balances loads by exchanges: each item may give up one place for another, at a cost of -1, 0 or
 * 1, and the loads of the places are to be as even as can be, at the least cost.
 *
 * It is a flow of least cost with a convex price for load, worked on in the small graph whose nodes
 * are the places: an edge says that some item can move from one place to another, and what that
 * costs. A path from a full place to an emptier one moves a load along, one exchange an edge; a
 * cycle of negative cost keeps the loads and saves moves. Where neither is left, nothing better
 * exists (the theorem of negative cycles); and since each step makes the sum of squares of the
 * loads, or else the cost, smaller, it ends.
 */

/** From one place to another, both counted from 0. */
export interface Exchange {
  readonly from: number;
  readonly to: number;
  /** -1, 0 or 1. */
  readonly cost: number;
}

export interface BalanceProblem {
  /** By place; changed as exchanges are done. */
  readonly loads: number[];
  readonly items: number;
  /** What the item can do now, each of them by itself. */
  exchangesOf(item: number): readonly Exchange[];
  apply(item: number, exchange: Exchange): void;
}

/** Steps for each item, so that it ends whatever the problem is; far more than is ever needed. */
const STEPS_AN_ITEM = 8;

export function balance(problem: BalanceProblem): void {
  const edges = new Edges(problem);
  for (let left = STEPS_AN_ITEM * problem.items; left > 0 && stepAhead(edges); left--);
  for (let left = STEPS_AN_ITEM * problem.items; left > 0; left--) {
    const path = negativeCycle(edges) ?? betterPath(edges);
    if (path === undefined || !edges.follow(path)) return;
  }
}

/** One exchange from the fullest to the emptiest that there is one between; cheap, and most of it. */
function stepAhead(edges: Edges): boolean {
  const { loads } = edges.problem;
  let best: { from: number; to: number; gap: number; cost: number } | undefined;
  for (let from = 0; from < loads.length; from++) {
    for (let to = 0; to < loads.length; to++) {
      const gap = loads[from] - loads[to];
      if (gap < 2 || best !== undefined && gap < best.gap) continue;
      const cost = edges.cost(from, to);
      if (cost === undefined || best?.gap === gap && cost >= best.cost) continue;
      best = { from, to, gap, cost };
    }
  }
  return best !== undefined && edges.follow([best.from, best.to]);
}

/** What items can do, by place and place and cost. Those of an item that has moved are stale. */
class Edges {
  readonly problem: BalanceProblem;
  readonly places: number;
  readonly #buckets: (readonly [item: number, version: number, exchange: Exchange])[][] = [];
  readonly #versions: number[];

  constructor(problem: BalanceProblem) {
    this.problem = problem;
    this.places = problem.loads.length;
    this.#versions = Array(problem.items).fill(0);
    for (let item = 0; item < problem.items; item++) this.#note(item);
  }

  /** Of the cheapest exchange between two places. */
  cost(from: number, to: number): number | undefined {
    for (const cost of [-1, 0, 1]) {
      if (this.#find(from, to, cost, new Set()) !== undefined) return cost;
    }
  }

  /** Does the exchanges of a path, an item each; false, with nothing done, if that cannot be. */
  follow(path: readonly number[]): boolean {
    const used = new Set<number>();
    const chosen: (readonly [number, Exchange])[] = [];
    for (let at = 0; at + 1 < path.length; at++) {
      const cost = this.cost(path[at], path[at + 1]);
      const found = cost === undefined ? undefined : this.#find(path[at], path[at + 1], cost, used);
      if (found === undefined) return false;
      used.add(found[0]);
      chosen.push(found);
    }
    for (const [item, exchange] of chosen) {
      this.problem.apply(item, exchange);
      this.problem.loads[exchange.from]--;
      this.problem.loads[exchange.to]++;
      this.#versions[item]++;
      this.#note(item);
    }
    return true;
  }

  #note(item: number): void {
    for (const exchange of this.problem.exchangesOf(item)) {
      const { from, to, cost } = exchange;
      const index = this.#index(from, to, cost);
      (this.#buckets[index] ??= []).push([item, this.#versions[item], exchange]);
    }
  }

  #find(
    from: number,
    to: number,
    cost: number,
    used: ReadonlySet<number>,
  ): readonly [number, Exchange] | undefined {
    const bucket = this.#buckets[this.#index(from, to, cost)];
    if (bucket === undefined) return undefined;
    const isFresh = ([item, version]: typeof bucket[0]) => this.#versions[item] === version;
    while (bucket.length > 0 && !isFresh(bucket.at(-1)!)) bucket.pop();
    for (let at = bucket.length - 1; at >= 0; at--) {
      const [item, , exchange] = bucket[at];
      if (isFresh(bucket[at]) && !used.has(item)) return [item, exchange];
    }
  }

  #index(from: number, to: number, cost: number): number {
    return (from * this.places + to) * 3 + cost + 1;
  }
}

/** The weight of an edge: the cost first, then as few exchanges as can be. */
function weights(edges: Edges): number[][] {
  const { places } = edges;
  return Array.from({ length: places }, (_, from) =>
    Array.from({ length: places }, (_, to) => {
      const cost = from === to ? undefined : edges.cost(from, to);
      return cost === undefined ? Infinity : cost * (places + 1) + 1;
    }));
}

/** A way around by which every load stays and the cost falls (Bellman-Ford). */
function negativeCycle(edges: Edges): number[] | undefined {
  const { places } = edges;
  const weight = weights(edges);
  const distance = Array(places).fill(0);
  const before: number[] = Array(places).fill(-1);
  let last = -1;
  for (let round = 0; round <= places; round++) {
    last = -1;
    for (let from = 0; from < places; from++) {
      for (let to = 0; to < places; to++) {
        if (distance[from] + weight[from][to] >= distance[to]) continue;
        distance[to] = distance[from] + weight[from][to];
        before[to] = from;
        last = to;
      }
    }
    if (last < 0) return undefined;
  }
  for (let step = 0; step < places; step++) last = before[last]; // now on the cycle itself
  const cycle = [last];
  for (let at = before[last]; at !== last; at = before[at]) cycle.push(at);
  return [...cycle, last].reverse();
}

/** The way that evens the loads most, and costs least among those (Floyd-Warshall). */
function betterPath(edges: Edges): number[] | undefined {
  const { places, problem: { loads } } = edges;
  const distance = weights(edges);
  const next = distance.map((row) => row.map((weight, to) => weight < Infinity ? to : -1));
  for (let via = 0; via < places; via++) {
    for (let from = 0; from < places; from++) {
      if (distance[from][via] === Infinity) continue;
      for (let to = 0; to < places; to++) {
        const length = distance[from][via] + distance[via][to];
        if (length >= distance[from][to]) continue;
        distance[from][to] = length;
        next[from][to] = next[from][via];
      }
    }
  }
  let best: { from: number; to: number; gap: number; cost: number } | undefined;
  for (let from = 0; from < places; from++) {
    for (let to = 0; to < places; to++) {
      if (from === to || distance[from][to] === Infinity) continue;
      const gap = loads[from] - loads[to];
      const cost = Math.floor(distance[from][to] / (places + 1));
      if (gap < 1 || gap === 1 && cost >= 0) continue;
      const isBetter = best === undefined || gap > best.gap || gap === best.gap && cost < best.cost;
      if (isBetter) best = { from, to, gap, cost };
    }
  }
  if (best === undefined) return undefined;
  const path = [best.from];
  while (path.at(-1) !== best.to) path.push(next[path.at(-1)!][best.to]);
  return path;
}
