/**
 * Settings that are known, checked and kept, but change nothing as yet, and why: what they are
 * about does not exist here yet, or can't. Whoever builds it takes the line out. The node names
 * those that were set.
 */
const WITHOUT_EFFECT: readonly (readonly [names: RegExp, reason: string])[] = [
  [
    /^(?!replica\.selector\.).*\.class$|\.class\.(name|path)$|\.impl\.prefix$|^(kafka\.)?metrics?\.reporters$|^config\.providers$|^security\.providers$/,
    "it names Java code, which can't be loaded",
  ],
  [
    /^(ssl|sasl)\.|^security\.(?!inter\.broker)|^delegation\.token\.|^super\.users$|^allow\.everyone|^connection\.failed|^connections\.max\.reauth/,
    "there is no authentication yet",
  ],
  [/^remote\.|^(log\.)?local\.retention\.|tiered\.offset/, "there is no tiered storage yet"],
  [/^group\.(consumer|streams)\.|^(consumer|streams)\./, "groups are of the classic kind, as yet"],
  [/^group\.share\.|^share\./, "there are no share groups yet"],
  [/^transaction|^add\.partitions\.to\.txn\./, "there are no transactions yet"],
  [
    /^alter\.log\.dirs\.replication\.quota\./,
    "moves between folders keep to their limit at every moment",
  ],
  [
    /^socket\.connection\.setup/,
    "a connection to another node is given up after 5 s, as yet",
  ],
  [
    /^controller\.quorum\.append\.linger/,
    "what is appended is sent at once, together with what came while the one before was on its way",
  ],
  [/^early\.start\.listeners$/, "all listeners open at once, when the node is ready"],
  [
    /^log\.flush\.(start\.)?offset\.checkpoint\.interval/,
    "it is noted with the high watermarks: see replica.high.watermark.checkpoint.interval.ms",
  ],
  [
    /^(log\.)?flush\.|^log\.flush\.(interval|scheduler)/,
    "records are on the device before they are acknowledged, or it is left to the system: see durability",
  ],
  [
    /^producer\.id\.expiration\.check/,
    "producers are forgotten as old segments are, every log.retention.check.interval.ms",
  ],
  [
    /^group\.coordinator\.(append\.linger|cached\.buffer)/,
    "what groups write is written at once",
  ],
  [/^group\.coordinator\.rebalance/, "groups are of the classic kind, as yet"],
  [/^unstable\./, "nothing that is served is unstable"],
  [
    /(?<!^log\.cleaner\.|alter\.log\.dirs\.)threads(\.per\.data\.dir)?$/,
    "one event loop does a broker's work",
  ],
  [
    /^internal\.metadata\.log\.segment/,
    "it is for Apache Kafka's own tests: see metadata.log.segment.bytes",
  ],
  [/^internal\.metadata\.max\.batch/, "what is decided at once is one batch, whole or not there"],
  [/^internal\.metadata\.delete/, "they stay as long as those of other logs do"],
  [/^controller\.performance\./, "figures are kept and shown in a way of our own"],
  [/purgatory\.purge/, "what has been answered leaves memory at once"],
  [/^(replica\.)?socket\.(send|receive)\.buffer/, "buffers of sockets are left to the system"],
  [/^(kafka\.)?metrics\.(?!listener$)/, "figures are kept and shown in a way of our own"],
];

/** Why setting it changes nothing, or undefined when it does. */
export function whyWithoutEffect(name: string): string | undefined {
  return WITHOUT_EFFECT.find(([names]) => names.test(name))?.[1];
}
