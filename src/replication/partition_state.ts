/** What the cluster's metadata says of a partition, as far as its replicas go by it. */
export interface PartitionState {
  /** A broker's id; -1 when there is none. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
}
