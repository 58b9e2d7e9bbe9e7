/**
 * When each broker was heard of last. Not in the log: a controller that takes over does not know,
 * and gives every broker a full session from then on.
 */
interface Session {
  lastContact: number;
  metadataOffset: number;
  /** By this controller; else its session is a mere guess. */
  wasHeardOf: boolean;
}

export class BrokerSessions {
  readonly #sessions = new Map<number, Session>();

  /** A broker of another controller's time may live, and gets a session from then on. */
  assume(brokerId: number, since: number): void {
    const metadataOffset = this.metadataOffset(brokerId);
    this.#sessions.set(brokerId, { lastContact: since, metadataOffset, wasHeardOf: false });
  }

  /** A broker was heard of. `metadataOffset`: up to where it said it has read. */
  touch(brokerId: number, now: number, metadataOffset = -1): void {
    this.#sessions.set(brokerId, {
      lastContact: now,
      metadataOffset: Math.max(this.metadataOffset(brokerId), metadataOffset),
      wasHeardOf: true,
    });
  }

  /** Whether it was heard of in this controller's time. */
  wasHeardOf(brokerId: number): boolean {
    return this.#sessions.get(brokerId)?.wasHeardOf ?? false;
  }

  forget(brokerId: number): void {
    this.#sessions.delete(brokerId);
  }

  lastContact(brokerId: number): number | undefined {
    return this.#sessions.get(brokerId)?.lastContact;
  }

  metadataOffset(brokerId: number): number {
    return this.#sessions.get(brokerId)?.metadataOffset ?? -1;
  }
}
