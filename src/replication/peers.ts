/** Other brokers, as far as a follower has to do with them. `node` makes the connections. */
import type {
  FetchRequest,
  FetchResponse,
  InputOf,
  ListOffsetsRequest,
  ListOffsetsResponse,
} from "../protocol/mod.ts";

/**
 * One road to one broker, of one fetcher: its fetches wait at the other end, and whatever comes
 * behind on the same connection waits with them. It is opened when it is first used, and again
 * after it has broken. What is asked rejects when the broker can't be reached or does not answer in
 * time.
 */
export interface ReplicaPeer {
  fetch(request: InputOf<typeof FetchRequest>): Promise<FetchResponse>;
  listOffsets(request: InputOf<typeof ListOffsetsRequest>): Promise<ListOffsetsResponse>;
  /** Ends the connection, and with it what is being waited for; the next call opens another. */
  hangUp(): void;
  close(): void;
}

export interface ReplicaPeers {
  open(brokerId: number): ReplicaPeer;
}
