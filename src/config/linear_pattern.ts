/**
 * Regular expressions that strangers may write and strangers' texts are held against: the time is
 * bounded by the pattern's size times the text's, as all ways through the pattern are walked side
 * by side (Thompson's construction). JavaScript's own try one way after the other, and `(a+)+b`
 * on forty letters stops everything for years.
 *
 * They know what such a walk can: characters, classes, groups, `|`, quantifiers, `^` and `$`. What
 * needs a memory of the way (back references, looking around, possessive quantifiers) is refused.
 */

type Step =
  | { readonly test: (character: string) => boolean }
  | { readonly edge: "^" | "$" }
  | { readonly to: number[] };

type Node =
  | { readonly kind: "step"; readonly step: Step }
  | { readonly kind: "all"; readonly nodes: readonly Node[] }
  | { readonly kind: "any"; readonly nodes: readonly Node[] }
  | {
    readonly kind: "times";
    readonly node: Node;
    readonly least: number;
    readonly most: number;
  };

/** A pattern grows with its counts: `(a{9}){9}` has 81 steps. */
const MAX_STEPS = 4096;
const MAX_DEPTH = 100;

export class LinearPattern {
  readonly #steps: readonly Step[];

  /** Throws SyntaxError for what is no pattern, is too large, or needs a memory. */
  constructor(pattern: string) {
    this.#steps = new Compiler().compile(new Parser(pattern).parse());
  }

  /** Whether the pattern describes the whole text. */
  matches(text: string): boolean {
    const isLast = (at: number) => at === text.length;
    let current = this.#reachable([0], true, isLast(0));
    for (let at = 0; at < text.length && current.size > 0; at++) {
      const next: number[] = [];
      for (const index of current) {
        const step = this.#steps[index];
        if (step !== undefined && "test" in step && step.test(text[at])) next.push(index + 1);
      }
      current = this.#reachable(next, false, isLast(at + 1));
    }
    return current.has(this.#steps.length);
  }

  /** What can be reached without a character. */
  #reachable(from: number[], isFirst: boolean, isLast: boolean): Set<number> {
    const reached = new Set<number>();
    while (from.length > 0) {
      const index = from.pop()!;
      if (reached.has(index)) continue;
      reached.add(index);
      const step = this.#steps[index];
      if (step === undefined || "test" in step) continue;
      if ("to" in step) from.push(...step.to);
      else if (step.edge === "^" ? isFirst : isLast) from.push(index + 1);
    }
    return reached;
  }
}

class Compiler {
  readonly #steps: Step[] = [];
  #work = 0;

  compile(node: Node): readonly Step[] {
    this.#emit(node);
    return this.#steps;
  }

  #push<S extends Step>(step: S): S {
    this.#steps.push(step);
    return step;
  }

  #emit(node: Node): void {
    if (this.#work++ > MAX_STEPS) throw new SyntaxError("The pattern is too large");
    if (node.kind === "step") this.#push(node.step);
    else if (node.kind === "all") { for (const each of node.nodes) this.#emit(each); }
    else if (node.kind === "any") this.#emitAny(node.nodes);
    else this.#emitTimes(node);
  }

  #emitAny(nodes: readonly Node[]): void {
    const fork = this.#push({ to: [] as number[] });
    const ends = nodes.map((node) => {
      fork.to.push(this.#steps.length);
      this.#emit(node);
      return this.#push({ to: [] as number[] });
    });
    for (const { to } of ends) to.push(this.#steps.length);
  }

  #emitTimes({ node, least, most }: Node & { kind: "times" }): void {
    for (let i = 0; i < least; i++) this.#emit(node);
    if (most === Infinity) {
      const start = this.#steps.length;
      const fork = this.#push({ to: [start + 1] });
      this.#emit(node);
      this.#push({ to: [start] });
      fork.to.push(this.#steps.length);
      return;
    }
    const forks = Array.from({ length: most - least }, () => {
      const fork = this.#push({ to: [this.#steps.length + 1] });
      this.#emit(node);
      return fork;
    });
    for (const { to } of forks) to.push(this.#steps.length);
  }
}

class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Node {
    const node = this.#any();
    if (this.#at < this.#text.length) throw this.#wrong();
    return node;
  }

  #any(): Node {
    if (++this.#depth > MAX_DEPTH) throw new SyntaxError("The pattern is too deep");
    const nodes = [this.#all()];
    while (this.#take("|")) nodes.push(this.#all());
    this.#depth--;
    return nodes.length === 1 ? nodes[0] : { kind: "any", nodes };
  }

  #all(): Node {
    const nodes: Node[] = [];
    while (this.#at < this.#text.length && !/[|)]/.test(this.#text[this.#at])) {
      nodes.push(this.#quantified(this.#atom()));
    }
    return { kind: "all", nodes };
  }

  #quantified(node: Node): Node {
    const found = this.#match(/[*+?]|\{(\d{1,4})(,(\d{0,4}))?\}/y);
    if (found === null) return node;
    this.#take("?"); // as few as possible: the same, where the whole has to fit
    const [sign, first, isRange, last] = found;
    const least = first === undefined ? Number(sign === "+") : Number(first);
    const most = first === undefined
      ? sign === "?" ? 1 : Infinity
      : isRange === undefined
      ? least
      : last === ""
      ? Infinity
      : Number(last);
    if (most < least) throw this.#wrong();
    return { kind: "times", node, least, most };
  }

  #atom(): Node {
    if (this.#match(/\((\?:|\?<[a-z]\w*>)?(?!\?)/iy)) {
      const node = this.#any();
      if (!this.#take(")")) throw this.#wrong();
      return node;
    }
    const edge = this.#match(/[\^$]/y);
    if (edge !== null) return { kind: "step", step: { edge: edge[0] as "^" | "$" } };
    const one = this.#match(
      /\.|\\([dDwWsStnrfv]|x[\da-f]{2}|u[\da-f]{4}|[^\w])|\[(\\.|[^\]\\[])+\]/iy,
    );
    if (one !== null) {
      const pattern = new RegExp(`^${one[0]}$`);
      return { kind: "step", step: { test: (character) => pattern.test(character) } };
    }
    const literal = this.#match(/[^\\[\](){}*+?]/y)?.[0];
    if (literal === undefined) throw this.#wrong();
    return { kind: "step", step: { test: (character) => character === literal } };
  }

  #take(text: string): boolean {
    if (this.#text[this.#at] !== text) return false;
    this.#at++;
    return true;
  }

  #match(sticky: RegExp): RegExpExecArray | null {
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#text);
    if (found !== null) this.#at = sticky.lastIndex;
    return found;
  }

  #wrong(): SyntaxError {
    return new SyntaxError(`Cannot read the pattern from its character ${this.#at} on`);
  }
}
