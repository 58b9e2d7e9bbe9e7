/**
 * Addresses as quotas name them, in the forms that Kafka takes: IPv4 in one to four numbers
 * (`127.1`), IPv6 with or without brackets and with a zone. Pure: names of hosts are not looked up.
 */

/** Does only this machine come to it? */
export const isLoopbackHost = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127\./.test(host);

/** Is it an address, so that nobody has to be asked what it stands for? */
export function isAddress(text: string): boolean {
  return canonicalAddress(text) !== undefined;
}

/**
 * The address as sockets print it (`127.0.0.1`, `::1`); undefined for what is none. The zone of an
 * IPv6 address is left out.
 */
export function canonicalAddress(text: string): string | undefined {
  return /^[\d.]+$/.test(text) ? canonicalIPv4(text) : canonicalIPv6(text);
}

/** The last number fills all the bytes that are left, as in `inet_aton`. */
function canonicalIPv4(text: string): string | undefined {
  const parts = text.split(".");
  if (parts.length > 4 || parts.some((part) => !/^\d{1,10}$/.test(part))) return undefined;
  const numbers = parts.map(Number);
  const last = numbers.pop()!;
  const bytesLeft = 4 - numbers.length;
  if (numbers.some((number) => number > 255) || last >= 256 ** bytesLeft) return undefined;
  for (let i = bytesLeft - 1; i >= 0; i--) numbers.push(Math.floor(last / 256 ** i) % 256);
  return numbers.join(".");
}

function canonicalIPv6(text: string): string | undefined {
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  const [address, zone] = bare.split("%", 2);
  if (!address.includes(":") || zone === "") return undefined;
  try {
    const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
    // An IPv4 address in an IPv6 one is that IPv4 address.
    const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
    if (!mapped) return canonical;
    const [high, low] = [parseInt(mapped[1], 16), parseInt(mapped[2], 16)];
    return [high >> 8, high & 255, low >> 8, low & 255].join(".");
  } catch {
    return undefined;
  }
}

/** An address in its 4 or 16 bytes, as Kafka's nodes tell each other a client's; undefined for a name. */
export function hostBytes(text: string): Uint8Array | undefined {
  const address = canonicalAddress(text);
  if (address === undefined) return undefined;
  if (!address.includes(":")) return Uint8Array.from(address.split("."), Number);
  const [head, tail] = address.split("::").map((part) => part === "" ? [] : part.split(":"));
  const groups = tail === undefined
    ? head
    : [...head, ...Array(8 - head.length - tail.length).fill("0"), ...tail];
  return Uint8Array.from(groups.flatMap((group) => {
    const value = parseInt(group, 16);
    return [value >> 8, value & 255];
  }));
}

/** The other way round; undefined for any other number of bytes. */
export function hostText(bytes: Uint8Array): string | undefined {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) return undefined;
  const groups = Array.from(
    { length: 8 },
    (_, i) => (bytes[2 * i] << 8 | bytes[2 * i + 1]).toString(16),
  );
  return canonicalAddress(groups.join(":"));
}
