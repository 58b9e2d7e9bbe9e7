/** What came in and went out, of one partition or of all: counted where it happens, never reset. */
export class Traffic {
  bytesIn = 0;
  recordsIn = 0;
  bytesOut = 0;
  /** Appends, and reads that were answered. */
  produces = 0;
  fetches = 0;

  in(bytes: number, records: number): void {
    this.produces++;
    this.bytesIn += bytes;
    this.recordsIn += records;
  }

  out(bytes: number): void {
    this.fetches++;
    this.bytesOut += bytes;
  }
}
