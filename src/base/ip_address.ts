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
