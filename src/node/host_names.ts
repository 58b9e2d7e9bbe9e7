/** Names of hosts in settings and quotas, looked up where an address is needed. */
import { canonicalAddress } from "../base/mod.ts";
import type { Network } from "../platform/mod.ts";

/** One request, or one image, makes no more questions than this. */
const MAX_NAMES = 100;

/** What ends like a number is an address or nothing, whatever a resolver makes of it. */
const ENDS_AS_NUMBER = /(^|\.)(\d+|0x[0-9a-f]*)$/i;

/**
 * The address of each name that has one; a name that is an address itself stands for it. Names
 * beyond the bound are as unknown.
 */
export async function resolveHosts(
  network: Network,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const addresses = new Map<string, string>();
  const hosts: string[] = [];
  for (const name of new Set(names)) {
    const address = canonicalAddress(name);
    if (address !== undefined) addresses.set(name, address);
    else if (hosts.length < MAX_NAMES && !ENDS_AS_NUMBER.test(name)) hosts.push(name);
  }
  await Promise.all(hosts.map(async (name) => {
    const address = await network.resolve(name);
    const canonical = address === undefined ? undefined : canonicalAddress(address);
    if (canonical !== undefined) addresses.set(name, canonical);
  }));
  return addresses;
}
