// @ts-check
import { TextDecoder } from 'node:util';
import { Fault, must } from './Fault.mjs';

const LINE_END = 0x0a;

/**
 * The lines of a file, each without its end, which is `\n` and nothing else. `readline` takes `\r\n`, a lone `\r` and a missing end
 * as well, so that a byte could be changed unseen. A line that has no end, or is no UTF-8, is a `Fault` that names it.
 * @param {AsyncIterable<Uint8Array>} content
 * @param {string} name of the file
 * @returns {AsyncGenerator<string>}
 */
export async function* strictLines(content, name) {
  // A mark of the byte order is no part of what we write: it stays, and whoever reads the line finds it.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let number = 0;
  /** @type {Uint8Array[]} what there is of a line that goes on */
  let begun = [];
  for await (const chunk of content) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_END); end >= 0; end = chunk.indexOf(LINE_END, start)) {
      number++;
      const bytes = Buffer.concat([...begun, chunk.subarray(start, end)]);
      yield textOf(decoder, bytes, `Line ${number} of ${name}`);
      begun = [];
      start = end + 1;
    }
    if (start < chunk.length) begun.push(chunk.subarray(start));
  }
  must(begun.length === 0, `Line ${number + 1} of ${name}, the last, has no end.`);
}

/**
 * @param {TextDecoder} decoder
 * @param {Uint8Array} bytes
 * @param {string} where
 */
function textOf(decoder, bytes, where) {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Fault(`${where} is no text.`);
  }
}
