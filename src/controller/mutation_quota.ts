/**
 * A client's quota on changes of topics (KIP-599), as decisions ask it. What it counts and in which
 * time is its maker's affair.
 */
export interface MutationQuota {
  /**
   * So many partitions are about to be made or deleted. Throws the `KafkaError`
   * THROTTLING_QUOTA_EXCEEDED when the client must not now.
   */
  take(partitions: number): void;
}

export const UNLIMITED: MutationQuota = { take() {} };
