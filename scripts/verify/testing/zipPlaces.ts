const LOCAL_BYTES = 30;
const SUM_BYTES = 16;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;

/** Which part of a zip some bytes are, and of which file in it. */
export interface Place {
  part: 'head' | 'content' | 'sum' | 'directory' | 'end';
  name: string;
}

/** All bytes of a zip of ours (no long forms), by what they are. It trusts what it reads. */
export function zipPlaces(zip: Buffer): (Place & { from: number; to: number })[] {
  const end = zip.length - END_BYTES;
  const places: (Place & { from: number; to: number })[] = [];
  let at = zip.readUInt32LE(end + 16);
  while (at < end) {
    const nameLength = zip.readUInt16LE(at + 28);
    const name = zip.toString('utf8', at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameLength);
    const local = zip.readUInt32LE(at + 42);
    const start = local + LOCAL_BYTES + nameLength;
    const sum = start + zip.readUInt32LE(at + 24);
    places.push(
      { part: 'head', name, from: local, to: start },
      { part: 'content', name, from: start, to: sum },
      { part: 'sum', name, from: sum, to: sum + SUM_BYTES },
      { part: 'directory', name, from: at, to: at + CENTRAL_BYTES + nameLength },
    );
    at += CENTRAL_BYTES + nameLength;
  }
  return [...places, { part: 'end', name: '', from: end, to: zip.length }];
}
