import { readdirSync, readFileSync } from 'node:fs';
import { constants, getPriority } from 'node:os';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createEmbeddedPhoneMedia } from '../index.ts';

/** Nice values of this process's threads (proc(5): the 19th field of stat). */
function priorities(): number[] {
  return readdirSync('/proc/self/task').map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  });
}

describe('the media thread', () => {
  it.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
    'goes before all others, and they stay as they were',
    async () => {
      const before = getPriority();
      const media = createEmbeddedPhoneMedia({
        host: '127.0.0.1',
        announcedAddress: '127.0.0.1',
        rtpPorts: { min: 0, max: 0 },
        logger: pino({ level: 'silent' }),
      });
      await media.createLeg('a');
      const high = priorities().filter((nice) => nice === constants.priority.PRIORITY_HIGH);
      expect(high).toHaveLength(1);
      expect(getPriority()).toBe(before);
      await media.close();
    },
  );
});
