import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Vault } from '@switchroom/recordings/vault';

const SUFFIX = '.sealed';
const NO_TRACKS = ['mix', 'index', 'manifest'];
const OGG_PAGE_HEAD = 27;
/** Pages of OpusHead and OpusTags. */
const HEADS = 2;

/** How many packets of participants there are in a recording's tracks, frames of mere silence not counted. */
export async function packetsIn(
  vault: Vault,
  dataDir: string,
  recordingId: string,
): Promise<number> {
  let count = 0;
  for (const name of await readdir(join(dataDir, 'vault', recordingId))) {
    const id = name.slice(0, -SUFFIX.length);
    if (!name.endsWith(SUFFIX) || NO_TRACKS.includes(id)) continue;
    const audio = await vault.openAudio(recordingId, id);
    const parts: Uint8Array[] = [];
    for await (const part of audio.read(0, audio.size)) parts.push(part);
    count += packetsOf(Buffer.concat(parts));
  }
  return count;
}

/** Of an Ogg file in which no packet goes on in the next page, as ours are. */
function packetsOf(ogg: Buffer): number {
  let count = 0;
  for (let at = 0, page = 0; at < ogg.length; page++) {
    const segments = ogg.subarray(at + OGG_PAGE_HEAD, at + OGG_PAGE_HEAD + ogg[at + 26]!);
    at += OGG_PAGE_HEAD + segments.length;
    let size = 0;
    for (const segment of segments) {
      size += segment;
      if (segment === 255) continue;
      const isSilence = size === 3 && ogg[at + 1] === 0xff && ogg[at + 2] === 0xfe;
      if (page >= HEADS && !isSilence) count++;
      at += size;
      size = 0;
    }
  }
  return count;
}
