/**
 * What members of a consumer group subscribe to. Everything that they tell each other is opaque to
 * the coordinator, but it must not forget an offset that somebody still reads from: offsets of
 * subscribed topics neither expire nor may be deleted. So here, and only here, it looks into their
 * metadata.
 */
import { ByteReader, DecodeError } from "../../bytes/mod.ts";
import { ConsumerProtocolSubscription, decodeMessage } from "../../protocol/mod.ts";

/**
 * The protocol type of groups whose members speak the consumer protocol; Connect's is `connect`.
 */
export const CONSUMER_PROTOCOL_TYPE = "consumer";

/**
 * All topics that the members' metadata name; undefined when one of them can't be read, and any
 * topic might be among them.
 */
export function subscribedTopics(metadata: Iterable<Uint8Array>): ReadonlySet<string> | undefined {
  const topics = new Set<string>();
  try {
    for (const bytes of metadata) {
      const reader = new ByteReader(bytes);
      // A newer version than ours only adds fields at the end, so it is read as the newest that we
      // know.
      const version = Math.min(reader.int16(), ConsumerProtocolSubscription.versions[1]);
      for (const topic of decodeMessage(ConsumerProtocolSubscription, reader, version).topics) {
        topics.add(topic);
      }
    }
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
  return topics;
}
