// @ts-check
import { createHash } from 'node:crypto';
import { must } from './Fault.mjs';
import { isSilence, opusSamples } from './oggContent.mjs';
import { openSealed, packetsOf, partsOf } from './sealedFile.mjs';

/*
 * What the files of a sealed export say, against their manifest.
 */

/** Samples. */
const SHORTEST_FRAME = 120;
const LARGEST_PACKET_BYTES = 61_440;

/** @typedef {import('./age.mjs').Identity[]} Identities */

/**
 * A file that must be what its name says. Throws a `Fault`.
 * @param {Buffer} bytes
 * @param {Identities} identities
 * @param {{ recordingId: string | undefined, id: string, name: string }} which without a recording: of any
 */
export function openNamed(bytes, identities, { recordingId, id, name }) {
  const file = openSealed(bytes, identities, name);
  const isIt = (recordingId ?? file.recordingId) === file.recordingId && file.name === id;
  must(isIt, `${name} is the file of another track or recording.`);
  return file;
}

/**
 * All that a file says. Throws a `Fault` where a record does not open.
 * @param {import('./sealedFile.mjs').SealedFile} file
 * @param {string} name
 */
export function wholeContent(file, name) {
  const plain = [];
  for (const part of partsOf(file)) {
    must(part !== null, `${name} has a part that does not open.`);
    plain.push(part.plaintext);
  }
  return Buffer.concat(plain);
}

/**
 * A track or the mix, packet by packet. Throws a `Fault`. Gives how many there are.
 * @param {import('./sealedFile.mjs').SealedFile} file
 * @param {import('./shapes.mjs').ManifestFile} wanted
 * @param {string} name
 */
export function checkTrack(file, wanted, name) {
  const { startPosition, preSkip } = file;
  const isPlaced = startPosition === wanted.startPosition && preSkip === wanted.preSkip;
  must(isPlaced, `${name} begins elsewhere than its manifest says.`);
  let digest = createHash('sha256').update('switchroom content 1').digest();
  let written = 0;
  let end = startPosition;
  let [packets, sounding] = [0, 0];
  for (const part of partsOf(file)) {
    must(part !== null, `${name} has a part that does not open.`);
    end = Math.max(end, part.clock);
    for (const { position, payload } of packetsOf(part.plaintext, name)) {
      packets++;
      const samples = payload.length > LARGEST_PACKET_BYTES ? 0 : opusSamples(payload);
      if (samples === 0) continue;
      const gap = Math.max(0, position - startPosition - written);
      const at = written + Math.floor(gap / SHORTEST_FRAME) * SHORTEST_FRAME;
      written = at + samples;
      if (isSilence(payload)) continue;
      sounding++;
      const head = Buffer.alloc(8);
      head.writeUIntBE(at, 0, 6);
      head.writeUInt16BE(payload.length, 6);
      digest = createHash('sha256').update(digest).update(head).update(payload).digest();
    }
  }
  const said = digest.toString('hex') === wanted.content;
  must(said, `${name} does not say what its manifest says it does.`);
  must(end === wanted.endPosition, `${name} is not as long as its manifest says.`);
  return { packets, sounding, isExact: true };
}
