// @ts-check
import { OggOpusMuxer } from '../../recordings/src/format/ogg/OggOpusMuxer.ts';
import { opusSamples } from '../verify/oggContent.mjs';
import { packetsOf, partsOf } from '../verify/sealedFile.mjs';

/** Of a recording's clock. */
const SAMPLES_PER_MS = 48;

/** @param {number} position */
const toMs = (position) => Math.round(position / SAMPLES_PER_MS);

/**
 * A track or the mix as Ogg Opus, byte for byte as the server exports it. What does not open is silent, and told.
 * @param {import('../verify/sealedFile.mjs').SealedFile} file
 * @param {number} endPosition as the manifest has it, in samples; 0 when it is not known
 * @param {string} name
 * @returns {{ pages: Buffer[], damage: { fromMs: number, toMs: number }[] }}
 */
export function oggOf(file, endPosition, name) {
  const { startPosition, preSkip, fileId } = file;
  const serial = Number.parseInt(fileId.slice(0, 8), 16);
  const muxer = new OggOpusMuxer({ serial, preSkip, startPosition, vendor: 'switchroom' });
  const { bytes: head, next } = muxer.head();
  const pages = [head];
  const damage = [];
  let state = next;
  let end = startPosition;
  let isDamaged = false;
  for (const part of partsOf(file)) {
    if (part === null) {
      isDamaged = true;
      continue;
    }
    const packets = packetsOf(part.plaintext, name).filter(
      ({ payload }) => opusSamples(payload) > 0,
    );
    const from = packets[0]?.position ?? part.clock;
    if (isDamaged) damage.push({ fromMs: toMs(end), toMs: toMs(from) });
    isDamaged = false;
    const body = muxer.body(state, packets);
    pages.push(body.bytes);
    state = body.next;
    end = part.isEnd ? part.clock : Math.max(end, part.clock);
  }
  if (isDamaged || end < endPosition) {
    damage.push({ fromMs: toMs(end), toMs: toMs(Math.max(end, endPosition)) });
  }
  pages.push(muxer.tail(state, end));
  return { pages, damage };
}
