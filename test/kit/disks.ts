/**
 * Disks of their own for real programs, small ones that get full and lose power: a file system on a
 * loop device. Only in a world apart (`netns.ts`), where nobody else sees the mounts and the kernel
 * takes them away in the end.
 *
 * Power is cut by ext4's own command for that (`EXT4_IOC_SHUTDOWN`, made for tests of file systems):
 * from then on not a byte goes to the device, neither data nor journal. What was only in the page
 * cache is gone when the disk is mounted again, what was synced is there.
 */
import { exists, runProgram } from "./programs.ts";

/** Cuts the power of the file system that a folder is on: EXT4_IOC_SHUTDOWN without a last flush. */
const CUT_POWER = `
import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack("I", 2))
`;

export class Disk {
  private constructor(readonly path: string, readonly image: string) {}

  /** Makes a disk of so many megabytes, its image beside, and mounts it. */
  static async make(path: string, megabytes: number): Promise<Disk> {
    Deno.mkdirSync(path, { recursive: true });
    const disk = new Disk(path, `${path}.image`);
    using image = Deno.openSync(disk.image, { create: true, write: true });
    image.truncateSync(megabytes * 1e6);
    await runProgram("mkfs.ext4", ["-q", "-F", "-m", "0", "-E", "lazy_itable_init=1", disk.image]);
    await disk.mount();
    return disk;
  }

  async mount(): Promise<void> {
    await runProgram("mount", ["-o", "loop", this.image, this.path]);
  }

  async unmount(): Promise<void> {
    await runProgram("umount", ["--lazy", this.path]);
  }

  /** Puts all of it on the device. */
  async sync(): Promise<void> {
    await runProgram("sync", ["--file-system", this.path]);
  }

  /**
   * Whatever is not synced is lost. Programs that use it see I/O errors until they are ended; one
   * that must have told nobody of a sync that is not there has to be stopped (SIGSTOP) before. For
   * an fdatasync that is under way ext4 may still answer that all is well, though the journal is
   * gone already: with eight writers that happened in every tenth cut.
   */
  async cutPower(): Promise<void> {
    await runProgram("/usr/bin/python3", ["-c", CUT_POWER, this.path]);
  }

  /** Takes all the room that there is, but for so many bytes. */
  async fill(left = 0): Promise<void> {
    // Most of it without writing anything, and then block by block.
    const script = 'had=$(stat -c %s "$0/full" 2>/dev/null || echo 0); ' +
      'free=$(df --output=avail -B1 "$0" | tail -1); ' +
      '[ "$free" -le "$1" ] || fallocate -l $((had + free - $1)) "$0/full"; ' +
      '[ "$1" -gt 0 ] || dd if=/dev/zero of="$0/full.rest" bs=4k 2>/dev/null; true';
    await runProgram("sh", ["-c", script, this.path, `${Math.round(left)}`]);
  }

  /** Gives back what {@link fill} took. */
  free(): void {
    for (const name of ["full", "full.rest"]) {
      if (exists(`${this.path}/${name}`)) Deno.removeSync(`${this.path}/${name}`);
    }
  }
}
