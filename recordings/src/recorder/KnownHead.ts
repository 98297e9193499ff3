import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { replaceFile } from '../format/durable.ts';
import { hashOfSeal, NO_SEAL, sealSchema } from '../format/seal.ts';
import { isCode } from '../format/secretFile.ts';

/** The last seal of a vault. */
export interface ChainHead {
  /** 0 when there is none. */
  sequence: number;
  hash: string;
}

const headSchema = z.object({
  sequence: z.int().positive(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});

/**
 * The head of the chain as it was at the last seal. It lies beside the keys, where whoever can write in the vault cannot: a chain
 * that was cut, lost or made anew is known by it. Whoever holds the chain's lock reads and writes it.
 */
export class KnownHead {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** `null` where none was noted down yet, or what was is no head: then the chain is taken as it is. Errors: those of the file system. */
  async read(): Promise<ChainHead | null> {
    try {
      return headSchema.parse(JSON.parse(await readFile(this.#path, 'utf8')));
    } catch (error) {
      if (isCode(error, 'ENOENT') || error instanceof SyntaxError || error instanceof z.ZodError) {
        return null;
      }
      throw error;
    }
  }

  /** Resolves once it is on the disk. */
  async write({ sequence, hash }: ChainHead): Promise<void> {
    await replaceFile(this.#path, `${JSON.stringify({ sequence, hash })}\n`);
  }
}

/**
 * Whether a chain leads on from a head to its own end, each seal naming the one before. A crash between the two writes leaves one
 * seal more than was noted down; keys that were put back from a copy, more.
 */
export async function leadsOn(chainPath: string, head: ChainHead): Promise<boolean> {
  let last: string | null = null;
  const lines = createInterface({ input: createReadStream(chainPath), crlfDelay: Infinity });
  for await (const line of lines) {
    if (last !== null && previousOf(line) !== last) return false;
    const hash = hashOfSeal(line);
    if (last !== null || hash === head.hash) last = hash;
  }
  return last !== null;
}

function previousOf(line: string): string | null {
  try {
    return sealSchema.parse(JSON.parse(line)).previous;
  } catch {
    return null;
  }
}

export const NO_HEAD: ChainHead = { sequence: 0, hash: NO_SEAL };
