/** Kafka's numbers for what has settings, as requests and metadata records carry them. */
export const RESOURCE = {
  topic: 2,
  broker: 4,
  brokerLogger: 8,
  clientMetrics: 16,
  group: 32,
} as const;
