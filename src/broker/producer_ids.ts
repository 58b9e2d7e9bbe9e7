/**
 * Producer ids, unique in the cluster and never given twice (KIP-98, KIP-730). The controller hands
 * out blocks of a thousand and writes each down before it answers, so that a broker counts on its
 * own in between and a restart skips what was left of its block.
 */
import { type ProducerId, producerId } from "../base/mod.ts";

export interface ProducerIdBlock {
  readonly start: number;
  readonly length: number;
}

export class ProducerIds {
  readonly #allocate: () => Promise<ProducerIdBlock>;
  #next = 0;
  #end = 0;
  #allocating: Promise<void> | undefined;

  /**
   * @param allocate asks the controller for a block; rejects with what the client is to be told.
   */
  constructor(allocate: () => Promise<ProducerIdBlock>) {
    this.#allocate = allocate;
  }

  /** The next id. Rejects when the controller gives no block. */
  async next(): Promise<ProducerId> {
    // Others may have used up a fresh block by the time this one runs again.
    while (this.#next >= this.#end) await (this.#allocating ??= this.#refill());
    return producerId(this.#next++);
  }

  async #refill(): Promise<void> {
    try {
      const { start, length } = await this.#allocate();
      this.#next = start;
      this.#end = start + length;
    } finally {
      this.#allocating = undefined;
    }
  }
}
