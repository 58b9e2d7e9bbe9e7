/** What every disk keeps to: the real one and the one in memory pass the same tests. */
import {
  deepStrictEqual,
  notStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { type Disk, replaceFile, StorageError } from "../../src/platform/mod.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (content: Uint8Array) => new TextDecoder().decode(content);

/** Registers the suite. `withDisk` hands out a disk and an empty folder on it. */
export function diskSuite(
  name: string,
  withDisk: (run: (disk: Disk, root: string) => Promise<void> | void) => Promise<void>,
): void {
  const test = (sentence: string, run: (disk: Disk, root: string) => Promise<void> | void) =>
    Deno.test(`${name}: ${sentence}`, () => withDisk(run));

  test("What was written at a position is read there", (disk, root) => {
    const file = disk.open(`${root}/a`, "create");
    file.write(bytes("hello"), 0);
    file.write(bytes("J"), 0);
    file.writeAll([bytes(" you"), bytes(" there")], 5);
    const into = new Uint8Array(20);
    strictEqual(file.read(into, 0), 15);
    strictEqual(text(into.subarray(0, 15)), "Jello you there");
    strictEqual(file.read(into.subarray(0, 3), 6), 3);
    strictEqual(text(into.subarray(0, 3)), "you");
    strictEqual(file.size(), 15);
    file.close();
  });

  test("Many parts, small and big, land one behind the other", (disk, root) => {
    const file = disk.open(`${root}/a`, "create");
    const parts = [10, 70_000, 3, 0, 65_536, 65_537, 1, 40_000, 40_000, 7].map((size, i) =>
      new Uint8Array(size).fill(i + 1)
    );
    file.writeAll(parts, 5);
    const whole = disk.readFile(`${root}/a`);
    let at = 5;
    for (const part of parts) {
      deepStrictEqual(whole.subarray(at, at + part.length), part);
      at += part.length;
    }
    strictEqual(whole.length, at);
    deepStrictEqual(whole.subarray(0, 5), new Uint8Array(5));
    file.close();
  });

  test("Writing beyond the end leaves zeroes between", (disk, root) => {
    const file = disk.open(`${root}/a`, "create");
    file.write(bytes("x"), 4);
    deepStrictEqual([...disk.readFile(`${root}/a`)], [0, 0, 0, 0, 120]);
    file.close();
  });

  test("Reading beyond the end gives fewer bytes, then none", (disk, root) => {
    const file = disk.open(`${root}/a`, "create");
    file.write(bytes("abc"), 0);
    strictEqual(file.read(new Uint8Array(10), 2), 1);
    strictEqual(file.read(new Uint8Array(10), 3), 0);
    strictEqual(file.read(new Uint8Array(10), 99), 0);
    file.close();
  });

  test("Truncating cuts and grows", (disk, root) => {
    const file = disk.open(`${root}/a`, "create");
    file.write(bytes("abcdef"), 0);
    file.truncate(3);
    strictEqual(file.size(), 3);
    file.truncate(5);
    deepStrictEqual([...disk.readFile(`${root}/a`)], [97, 98, 99, 0, 0]);
    file.close();
  });

  test("Two handles of one file see each other's writes", (disk, root) => {
    const writer = disk.open(`${root}/a`, "create");
    const reader = disk.open(`${root}/a`, "read");
    writer.write(bytes("abc"), 0);
    strictEqual(reader.size(), 3);
    throws(() => reader.write(bytes("x"), 0), StorageError);
    writer.close();
    reader.close();
  });

  test("Opening what is missing throws unless it is to be made", (disk, root) => {
    throws(() => disk.open(`${root}/a`, "read"), StorageError);
    throws(() => disk.open(`${root}/a`, "write"), StorageError);
    throws(() => disk.open(`${root}/no/a`, "create"), StorageError);
    throws(() => disk.readFile(`${root}/a`), StorageError);
    throws(() => disk.stat(`${root}/a`), StorageError);
    throws(() => disk.list(`${root}/no`), StorageError);
    strictEqual(disk.exists(`${root}/a`), false);
  });

  test("A handle outlives the name of its file", async (disk, root) => {
    const file = disk.open(`${root}/a`, "create");
    file.write(bytes("abc"), 0);
    disk.rename(`${root}/a`, `${root}/b`);
    await file.sync();
    file.write(bytes("d"), 3);
    strictEqual(text(disk.readFile(`${root}/b`)), "abcd");
    disk.remove(`${root}/b`);
    strictEqual(file.read(new Uint8Array(9), 0), 4);
    await file.sync();
    file.close();
  });

  test("Entries are listed in order, directories told apart", (disk, root) => {
    disk.makeDirectory(`${root}/d/e`);
    disk.makeDirectory(`${root}/d/e`);
    disk.writeFile(`${root}/c`, bytes("c"));
    disk.writeFile(`${root}/a`, bytes("a"));
    deepStrictEqual(disk.list(root), [
      { name: "a", isDirectory: false },
      { name: "c", isDirectory: false },
      { name: "d", isDirectory: true },
    ]);
    deepStrictEqual(disk.list(`${root}/d`), [{ name: "e", isDirectory: true }]);
    ok(disk.stat(`${root}/d`).isDirectory);
    strictEqual(disk.stat(`${root}/a`).size, 1);
    ok(disk.stat(`${root}/a`).modifiedMs > 0);
  });

  test("A file keeps its identity, and one that takes its place has another", (disk, root) => {
    disk.writeFile(`${root}/a`, bytes("a"));
    const { identity } = disk.stat(`${root}/a`);
    disk.writeFile(`${root}/a`, bytes("other"));
    strictEqual(disk.stat(`${root}/a`).identity, identity);
    for (let i = 0; i < 4; i++) {
      replaceFile(disk, `${root}/a`, "a");
      notStrictEqual(disk.stat(`${root}/a`).identity, identity, `${i}`);
    }
  });

  test("Renaming replaces a file and moves a directory with all in it", (disk, root) => {
    disk.writeFile(`${root}/a`, bytes("new"));
    disk.writeFile(`${root}/b`, bytes("old content"));
    disk.rename(`${root}/a`, `${root}/b`);
    strictEqual(text(disk.readFile(`${root}/b`)), "new");
    strictEqual(disk.exists(`${root}/a`), false);
    disk.makeDirectory(`${root}/d/e`);
    disk.writeFile(`${root}/d/e/f`, bytes("deep"));
    disk.rename(`${root}/d`, `${root}/moved`);
    strictEqual(text(disk.readFile(`${root}/moved/e/f`)), "deep");
    strictEqual(disk.exists(`${root}/d`), false);
    throws(() => disk.rename(`${root}/none`, `${root}/x`), StorageError);
  });

  test("Removing takes a file, a whole directory, or nothing", (disk, root) => {
    disk.makeDirectory(`${root}/d/e`);
    disk.writeFile(`${root}/d/e/f`, bytes("x"));
    disk.remove(`${root}/d`);
    disk.remove(`${root}/d`);
    deepStrictEqual(disk.list(root), []);
  });

  test("Replacing a file leaves no temporary behind", (disk, root) => {
    replaceFile(disk, `${root}/a`, "a long first content");
    replaceFile(disk, `${root}/a`, "second");
    strictEqual(text(disk.readFile(`${root}/a`)), "second");
    deepStrictEqual(disk.list(root).map(({ name }) => name), ["a"]);
  });

  test("Syncs resolve, also many at once", async (disk, root) => {
    const file = disk.open(`${root}/a`, "create");
    file.write(bytes("abc"), 0);
    await Promise.all([file.sync(), file.sync(), file.sync()]);
    file.syncNow();
    disk.syncDirectory(root);
    file.close();
    file.close();
  });

  test("A closed file refuses", async (disk, root) => {
    const file = disk.open(`${root}/a`, "create");
    file.close();
    throws(() => file.write(bytes("x"), 0), StorageError);
    throws(() => file.read(new Uint8Array(1), 0), StorageError);
    throws(() => file.size(), StorageError);
    throws(() => file.syncNow(), StorageError);
    await rejects(() => file.sync(), StorageError);
  });

  test("A lock is taken once until it is released", (disk, root) => {
    const lock = disk.lock(`${root}/.lock`);
    ok(lock);
    strictEqual(disk.lock(`${root}/.lock`), undefined);
    ok(Number(text(disk.readFile(`${root}/.lock`))) > 0, "the owner's process id is readable");
    lock.release();
    const again = disk.lock(`${root}/.lock`);
    ok(again);
    again.release();
  });

  test("Space is told", (disk, root) => {
    const { totalBytes, freeBytes } = disk.space(root);
    ok(totalBytes > 0 && freeBytes >= 0 && freeBytes <= totalBytes);
  });
}
