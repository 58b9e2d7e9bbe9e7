/**
 * What a picture says about itself: its kind and its size, read from its first bytes. Nothing is
 * decoded. JPEG keeps its size in the frame header (SOFn, ITU-T T.81 B.2.2), behind tables and
 * whatever else a camera puts before it; PNG has it at a fixed place (IHDR, W3C PNG 11.2.1).
 */

export type PictureType = "image/jpeg" | "image/png";

/** What can be told of a picture without decoding it. */
export interface PictureFacts {
  contentType: PictureType;
  width: number;
  height: number;
}

/** The eight bytes that every PNG begins with; none of them by chance in a picture. */
export const PNG_SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** JPEG or PNG by the first bytes, undefined for anything else. */
export function pictureType(bytes: Uint8Array): PictureType | undefined {
  if (bytes.length >= 3 && bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) {
    return "image/jpeg";
  }
  if (bytes.length >= 8 && PNG_SIGNATURE.every((byte, at) => bytes[at] === byte)) {
    return "image/png";
  }
  return undefined;
}

/** Kind and size; undefined when the bytes are no picture or end before they tell their size. */
export function pictureFacts(bytes: Uint8Array): PictureFacts | undefined {
  const contentType = pictureType(bytes);
  if (contentType === undefined) return undefined;
  const size = contentType === "image/png" ? pngSize(bytes) : jpegSize(bytes);
  return size && { contentType, ...size };
}

/** The frame headers SOF0 to SOF15; DHT, JPG and DAC share their range but are none. */
export function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function pngSize(bytes: Uint8Array): { width: number; height: number } | undefined {
  if (bytes.length < 24) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

function jpegSize(bytes: Uint8Array): { width: number; height: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 2;
  while (at + 9 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1];
    if (marker === 0xff) { // a fill byte
      at++;
      continue;
    }
    if (isFrameHeader(marker)) {
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    }
    if (marker === 0xd9 || marker === 0xda) return undefined;
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}
