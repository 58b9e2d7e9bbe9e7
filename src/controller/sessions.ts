/**
 * When each broker was heard of last. Not in the log: a controller that takes over does not know,
 * and gives every broker a full session from then on.
 */
interface Session {
  lastContact: number;
  metadataOffset: number;
}

export class BrokerSessions {
  readonly #sessions = new Map<number, Session>();

  /** A broker was heard of. `metadataOffset`: up to where it said it has read. */
  touch(brokerId: number, now: number, metadataOffset = -1): void {
    const session = this.#sessions.get(brokerId);
    if (session === undefined) this.#sessions.set(brokerId, { lastContact: now, metadataOffset });
    else {
      session.lastContact = now;
      session.metadataOffset = Math.max(session.metadataOffset, metadataOffset);
    }
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
