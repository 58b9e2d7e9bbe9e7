/** For bugs that are put in: other methods in the place of a class's own. */

/** Returns how to take that back. */
export function patch<T extends object>(
  prototype: T,
  methods: Partial<Record<keyof T, unknown>>,
): () => void {
  const names = Object.keys(methods) as (keyof T)[];
  const own = names.map((name) => Object.getOwnPropertyDescriptor(prototype, name)!);
  for (const name of names) {
    Object.defineProperty(prototype, name, { value: methods[name], configurable: true });
  }
  return () => names.forEach((name, i) => Object.defineProperty(prototype, name, own[i]));
}
