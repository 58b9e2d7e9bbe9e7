/**
 * A baseline JPEG encoder for drawings: pictures of few colours, mostly flat. It exists since the
 * test pattern has to cost little on a Raspberry Pi: an encoder for photographs in plain JavaScript
 * (npm's jpeg-js) takes 20 to 35 ms for 640x480 where this takes 4 to 5, and a Pi is about four
 * times slower: at 15 frames a second it has 66 ms for each. Here a block of one colour, and most
 * are, is one number known beforehand, and the others come again.
 *
 * ITU-T T.81: sequential DCT, 8 bits, three components without subsampling (text keeps its edges),
 * one quantization table and one pair of Huffman tables, those of Annex K for luminance, for all
 * three.
 */

export type Colour = readonly [red: number, green: number, blue: number];

/** Annex K.1: the order is row by row. */
// deno-fmt-ignore
const QUANTIZATION = [
  16, 11, 10, 16, 24, 40, 51, 61,
  12, 12, 14, 19, 26, 58, 60, 55,
  14, 13, 16, 24, 40, 57, 69, 56,
  14, 17, 22, 29, 51, 87, 80, 62,
  18, 22, 37, 56, 68, 109, 103, 77,
  24, 35, 55, 64, 81, 104, 113, 92,
  49, 64, 78, 87, 103, 121, 120, 101,
  72, 92, 95, 98, 112, 100, 103, 99,
];

/** Place in the zigzag order to place in the block. */
// deno-fmt-ignore
const ZIGZAG = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
  12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
  58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/** Annex K.3: how many codes there are of each length from 1 to 16, and what they mean. */
const DC_COUNTS = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
const DC_VALUES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const AC_COUNTS = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d];
const AC_VALUES = [
  ...fromHex("01020300041105122131410613516107227114328191a1082342b1c11552d1f0"),
  ...fromHex("24336272" + "82090a161718191a25262728292a3435363738393a434445464748494a53"),
  ...fromHex("5455565758595a636465666768696a737475767778797a838485868788898a92"),
  ...fromHex("939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7"),
  ...fromHex("c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"),
];

const END_OF_BLOCK = 0x00;
const SIXTEEN_ZEROS = 0xf0;

/** A Huffman table by value: the code in the low bits, and how many bits it has. */
interface Codes {
  code: Uint16Array;
  bits: Uint8Array;
}

const DC_CODES = codesOf(DC_COUNTS, DC_VALUES);
const AC_CODES = codesOf(AC_COUNTS, AC_VALUES);

/** COSINES[u * 8 + x]: the DCT's basis, with its factor of a half and the square root for u = 0. */
const COSINES = Float32Array.from({ length: 64 }, (_, i) => {
  const u = i >> 3, x = i & 7;
  return (u === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * x + 1) * u * Math.PI) / 16);
});

/** Encodes pictures of one size and one palette, one after another. */
export class JpegEncoder {
  readonly #width: number;
  readonly #height: number;
  readonly #head: Uint8Array;
  readonly #quantization: Uint8Array;
  /** For each of the three components: the level-shifted sample of each colour. */
  readonly #samples: Float32Array[];
  /** And the quantized DC of a block that is all of that colour. */
  readonly #flat: Int16Array[];
  /** Blocks that are not flat, by their content; bars and letters come again frame after frame. */
  readonly #cache = new Map<string, Int16Array[]>();
  readonly #bits: BitWriter;

  constructor(
    options: { width: number; height: number; palette: readonly Colour[]; quality?: number },
  ) {
    this.#width = options.width;
    this.#height = options.height;
    this.#quantization = quantizationAt(options.quality ?? 80);
    this.#samples = samplesOf(options.palette);
    this.#flat = this.#samples.map((samples) =>
      Int16Array.from(samples, (sample) => Math.round((sample * 8) / this.#quantization[0]))
    );
    this.#head = headOf(options.width, options.height, this.#quantization);
    this.#bits = new BitWriter(this.#head.length + options.width * options.height);
  }

  /** Encodes one picture: a palette's index a pixel, row by row. */
  encode(pixels: Uint8Array): Uint8Array {
    const bits = this.#bits;
    bits.restart(this.#head);
    const before = [0, 0, 0];
    const block = new Uint8Array(64);
    for (let y = 0; y < this.#height; y += 8) {
      for (let x = 0; x < this.#width; x += 8) {
        if (this.#cut(pixels, x, y, block)) {
          for (let component = 0; component < 3; component++) {
            const dc = this.#flat[component][block[0]];
            bits.dc(dc - before[component]);
            bits.code(AC_CODES, END_OF_BLOCK);
            before[component] = dc;
          }
        } else {
          const coefficients = this.#coefficients(block);
          for (let component = 0; component < 3; component++) {
            const dc = coefficients[component][0];
            bits.dc(dc - before[component]);
            bits.ac(coefficients[component]);
            before[component] = dc;
          }
        }
      }
    }
    return bits.finish();
  }

  /**
   * Copies a block out, repeating the picture's last column and row beyond its edge; true if it is
   * one colour.
   */
  #cut(pixels: Uint8Array, x: number, y: number, block: Uint8Array): boolean {
    const width = this.#width;
    const isInside = x + 8 <= width && y + 8 <= this.#height;
    const first = pixels[y * width + x];
    let differences = 0;
    for (let row = 0; row < 8; row++) {
      const line = (isInside ? y + row : Math.min(y + row, this.#height - 1)) * width;
      for (let column = 0; column < 8; column++) {
        const at = line + (isInside ? x + column : Math.min(x + column, width - 1));
        const pixel = pixels[at];
        block[row * 8 + column] = pixel;
        differences |= pixel ^ first;
      }
    }
    return differences === 0;
  }

  #coefficients(block: Uint8Array): Int16Array[] {
    const key = String.fromCharCode(...block);
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    if (this.#cache.size >= 4096) this.#cache.clear();
    const coefficients = this.#samples.map((samples) =>
      transform(block, samples, this.#quantization)
    );
    this.#cache.set(key, coefficients);
    return coefficients;
  }
}

/** Forward DCT, rows then columns, quantized, in zigzag order. */
function transform(block: Uint8Array, samples: Float32Array, table: Uint8Array): Int16Array {
  const rows = new Float32Array(64);
  for (let y = 0; y < 8; y++) {
    for (let u = 0; u < 8; u++) {
      let sum = 0;
      for (let x = 0; x < 8; x++) sum += samples[block[y * 8 + x]] * COSINES[u * 8 + x];
      rows[y * 8 + u] = sum;
    }
  }
  const out = new Int16Array(64);
  for (let k = 0; k < 64; k++) {
    const u = ZIGZAG[k] & 7, v = ZIGZAG[k] >> 3;
    let sum = 0;
    for (let y = 0; y < 8; y++) sum += rows[y * 8 + u] * COSINES[v * 8 + y];
    out[k] = Math.round(sum / table[ZIGZAG[k]]);
  }
  return out;
}

/** Bits, highest first, with a 00 after each FF so that no marker appears among them. */
class BitWriter {
  #bytes: Uint8Array;
  #length = 0;
  #held = 0;
  #count = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  restart(head: Uint8Array): void {
    this.#bytes.set(head);
    this.#length = head.length;
    this.#held = 0;
    this.#count = 0;
  }

  /** At most 16 bits. */
  put(value: number, bits: number): void {
    this.#held = (this.#held << bits) | value;
    this.#count += bits;
    while (this.#count >= 8) {
      this.#count -= 8;
      const byte = (this.#held >>> this.#count) & 0xff;
      if (this.#length + 4 > this.#bytes.length) this.#grow();
      this.#bytes[this.#length++] = byte;
      if (byte === 0xff) this.#bytes[this.#length++] = 0;
    }
    this.#held &= (1 << this.#count) - 1;
  }

  code(codes: Codes, value: number): void {
    this.put(codes.code[value], codes.bits[value]);
  }

  /** A difference of DC: its size's code, then its bits. */
  dc(difference: number): void {
    const size = sizeOf(difference);
    this.code(DC_CODES, size);
    this.#magnitude(difference, size);
  }

  /** The 63 others: for each that is not zero, the zeros before it and its size, then its bits. */
  ac(coefficients: Int16Array): void {
    let zeros = 0;
    for (let k = 1; k < 64; k++) {
      const value = coefficients[k];
      if (value === 0) {
        zeros++;
        continue;
      }
      for (; zeros > 15; zeros -= 16) this.code(AC_CODES, SIXTEEN_ZEROS);
      const size = sizeOf(value);
      this.code(AC_CODES, (zeros << 4) | size);
      this.#magnitude(value, size);
      zeros = 0;
    }
    if (zeros > 0) this.code(AC_CODES, END_OF_BLOCK);
  }

  finish(): Uint8Array {
    if (this.#count > 0) this.put((1 << (8 - this.#count)) - 1, 8 - this.#count);
    this.#bytes[this.#length++] = 0xff; // EOI
    this.#bytes[this.#length++] = 0xd9;
    return this.#bytes.slice(0, this.#length);
  }

  #magnitude(value: number, size: number): void {
    if (size > 0) this.put(value < 0 ? value + (1 << size) - 1 : value, size);
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** How many bits the magnitude takes: 0 for 0, 1 for ±1, 2 for ±2 and ±3, … */
function sizeOf(value: number): number {
  return 32 - Math.clz32(Math.abs(value));
}

function samplesOf(palette: readonly Colour[]): Float32Array[] {
  // JFIF's luma and colour differences, with 128 taken off the luma as the DCT wants it.
  const luma = palette.map(([r, g, b]) => 0.299 * r + 0.587 * g + 0.114 * b - 128);
  const blue = palette.map(([r, g, b]) => -0.168736 * r - 0.331264 * g + 0.5 * b);
  const red = palette.map(([r, g, b]) => 0.5 * r - 0.418688 * g - 0.081312 * b);
  return [luma, blue, red].map((samples) => Float32Array.from(samples));
}

/** The table scaled as the Independent JPEG Group's library does for qualities above 50. */
function quantizationAt(quality: number): Uint8Array {
  const scale = quality < 50 ? 5000 / quality : 200 - quality * 2;
  return Uint8Array.from(
    QUANTIZATION,
    (value) => Math.min(255, Math.max(1, Math.floor((value * scale + 50) / 100))),
  );
}

/** SOI, APP0, DQT, SOF0, two DHT, SOS: all that comes before the scan. */
function headOf(width: number, height: number, quantization: Uint8Array): Uint8Array {
  const component = (id: number) => [id, 0x11, 0];
  return Uint8Array.from([
    [0xff, 0xd8],
    segment(0xe0, [0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]),
    segment(0xdb, [0, ...ZIGZAG.map((at) => quantization[at])]),
    segment(0xc0, [
      8,
      ...[height >> 8, height & 0xff, width >> 8, width & 0xff],
      ...[3, ...component(1), ...component(2), ...component(3)],
    ]),
    segment(0xc4, [0x00, ...DC_COUNTS, ...DC_VALUES]),
    segment(0xc4, [0x10, ...AC_COUNTS, ...AC_VALUES]),
    segment(0xda, [3, 1, 0, 2, 0, 3, 0, 0, 63, 0]),
  ].flat());
}

function segment(marker: number, body: number[]): number[] {
  const length = body.length + 2;
  return [0xff, marker, length >> 8, length & 0xff, ...body];
}

/** Annex C: codes of one length count upwards, and go on from the shorter ones. */
function codesOf(counts: number[], values: number[]): Codes {
  const codes = { code: new Uint16Array(256), bits: new Uint8Array(256) };
  let code = 0, at = 0;
  counts.forEach((count, index) => {
    for (let i = 0; i < count; i++) {
      codes.code[values[at]] = code++;
      codes.bits[values[at++]] = index + 1;
    }
    code <<= 1;
  });
  return codes;
}

function fromHex(hex: string): number[] {
  return hex.match(/../g)!.map((byte) => parseInt(byte, 16));
}
